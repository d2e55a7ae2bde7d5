import t from 'tap'
import { BEFORE, check, ROOT, result } from '../../support/migrations-patch.ts'

t.test('every operation on the migrations object and in it', t => {
  check(t, {
    'add a setting': [
      [{ op: 'add', path: `${ROOT}/network`, value: 'n' }],
      { ...BEFORE, network: 'n' },
    ],
    'add over a setting': [
      [{ op: 'add', path: `${ROOT}/allowPostCopy`, value: true }],
      { ...BEFORE, allowPostCopy: true },
    ],
    'add the object': [[{ op: 'add', path: ROOT, value: { network: 'n' } }], { network: 'n' }],
    'add null': [
      [{ op: 'add', path: `${ROOT}/allowPostCopy`, value: null }],
      { ...BEFORE, allowPostCopy: null },
    ],
    'replace a setting': [
      [{ op: 'replace', path: `${ROOT}/allowPostCopy`, value: true }],
      { ...BEFORE, allowPostCopy: true },
    ],
    'replace what is not there': [
      [{ op: 'replace', path: `${ROOT}/network`, value: 'n' }],
      'malformed',
    ],
    'replace the object': [[{ op: 'replace', path: ROOT, value: { a: 1 } }], { a: 1 }],
    'remove a setting': [
      [{ op: 'remove', path: `${ROOT}/allowPostCopy` }],
      { parallelMigrationsPerCluster: 5 },
    ],
    'remove what is not there': [[{ op: 'remove', path: `${ROOT}/network` }], 'malformed'],
    'remove the object': [[{ op: 'remove', path: ROOT }], undefined],
    'remove the object twice': [
      [
        { op: 'remove', path: ROOT },
        { op: 'remove', path: ROOT },
      ],
      'malformed',
    ],
    'copy a setting': [
      [{ op: 'copy', from: `${ROOT}/allowPostCopy`, path: `${ROOT}/allowWorkloadDisruption` }],
      { ...BEFORE, allowWorkloadDisruption: false },
    ],
    'copy what is not there': [
      [{ op: 'copy', from: `${ROOT}/network`, path: `${ROOT}/allowPostCopy` }],
      'malformed',
    ],
    'copy the object into itself': [
      [{ op: 'copy', from: ROOT, path: `${ROOT}/inner` }],
      { ...BEFORE, inner: BEFORE },
    ],
    'move a setting': [
      [{ op: 'move', from: `${ROOT}/allowPostCopy`, path: `${ROOT}/x` }],
      { parallelMigrationsPerCluster: 5, x: false },
    ],
    'move onto itself': [
      [{ op: 'move', from: `${ROOT}/allowPostCopy`, path: `${ROOT}/allowPostCopy` }],
      BEFORE,
    ],
    'move what is not there': [
      [{ op: 'move', from: `${ROOT}/network`, path: `${ROOT}/x` }],
      'malformed',
    ],
    'move the object into itself': [[{ op: 'move', from: ROOT, path: `${ROOT}/x` }], 'malformed'],
    'test that holds': [
      [
        { op: 'test', path: `${ROOT}/parallelMigrationsPerCluster`, value: 5 },
        {
          op: 'test',
          path: ROOT,
          value: { parallelMigrationsPerCluster: 5, allowPostCopy: false },
        },
      ],
      BEFORE,
    ],
    'test that fails': [
      [{ op: 'test', path: `${ROOT}/parallelMigrationsPerCluster`, value: '5' }],
      'malformed',
    ],
    'test for what is not there': [
      [{ op: 'test', path: `${ROOT}/network`, value: 'n' }],
      'malformed',
    ],
    // RFC 6902 would refuse it, HCO's library lets it hold; what follows it is applied, so it is judged.
    'test that something is not there': [
      [
        { op: 'test', path: `${ROOT}/network`, value: null },
        { op: 'add', path: `${ROOT}/network`, value: 'n' },
      ],
      { ...BEFORE, network: 'n' },
    ],
    'one after the other': [
      [
        { op: 'add', path: `${ROOT}/network`, value: 'n' },
        { op: 'test', path: `${ROOT}/network`, value: 'n' },
        { op: 'replace', path: `${ROOT}/network`, value: 'm' },
        { op: 'move', from: `${ROOT}/network`, path: `${ROOT}/other` },
        { op: 'remove', path: `${ROOT}/other` },
      ],
      BEFORE,
    ],
    nothing: [[], BEFORE],
  })
})

t.test('what holds the migrations object counts as well', t => {
  const migrations = { allowPostCopy: true }
  check(t, {
    configuration: [
      [{ op: 'add', path: '/spec/configuration', value: { migrations, other: 1 } }],
      migrations,
    ],
    'configuration without it': [
      [{ op: 'add', path: '/spec/configuration', value: {} }],
      undefined,
    ],
    'configuration null': [[{ op: 'add', path: '/spec/configuration', value: null }], undefined],
    'configuration text': [[{ op: 'add', path: '/spec/configuration', value: 'x' }], undefined],
    'the object null': [[{ op: 'add', path: ROOT, value: null }], null],
    'the object text': [[{ op: 'add', path: ROOT, value: 'x' }], 'x'],
    'remove configuration': [[{ op: 'remove', path: '/spec/configuration' }], undefined],
    'remove, then add again': [
      [
        { op: 'remove', path: '/spec/configuration' },
        { op: 'add', path: ROOT, value: migrations },
      ],
      migrations,
    ],
    'add into what is no object': [
      [
        { op: 'add', path: '/spec/configuration', value: 'x' },
        { op: 'add', path: ROOT, value: migrations },
      ],
      'malformed',
    ],
    'add into a setting': [[{ op: 'add', path: `${ROOT}/allowPostCopy/x`, value: 1 }], 'malformed'],
    'add into a setting that is not there': [
      [{ op: 'add', path: `${ROOT}/network/x`, value: 1 }],
      'malformed',
    ],
    'a name that only begins so': [
      [
        { op: 'add', path: `${ROOT}2`, value: migrations },
        { op: 'add', path: '/spec/configurations/migrations', value: migrations },
      ],
      BEFORE,
    ],
  })
})

t.test('a path that is not below spec is malformed: HCO refuses the whole patch', t => {
  const value = { configuration: { migrations: { allowPostCopy: true } } }
  const paths = ['', '/', '/spec', '/specs', '/Spec/x', '/ſpec/x', '/spec~1x', '/metadata/name']
  for (const path of paths)
    for (const operation of [
      { op: 'add', path, value },
      { op: 'replace', path, value },
      { op: 'remove', path },
      { op: 'test', path, value },
      { op: 'copy', from: '/spec/x', path },
      { op: 'move', from: '/spec/x', path },
    ]) {
      const harmless = { op: 'add', path: '/spec/x', value: 1 }
      t.equal(result(operation), 'malformed', JSON.stringify(operation))
      t.equal(result(harmless, operation), 'malformed', 'wherever it stands')
    }
  t.same(result({ op: 'add', path: '/spec/', value }), BEFORE, 'a key without a name is below it')
  t.same(result({ op: 'copy', from: '/metadata', path: '/spec/x' }), BEFORE, 'it may be read')
  t.end()
})

t.test('what is elsewhere is none of ours', t => {
  check(t, {
    'add elsewhere': [[{ op: 'add', path: '/spec/configuration/x', value: 1 }], BEFORE],
    'remove elsewhere': [[{ op: 'remove', path: '/spec/imagePullPolicy' }], BEFORE],
    'an array elsewhere': [[{ op: 'add', path: '/spec/configuration/list/-', value: 1 }], BEFORE],
    'test elsewhere counts as true': [
      [{ op: 'test', path: '/spec/imagePullPolicy', value: 'no' }],
      BEFORE,
    ],
    'test of what holds it counts as true': [
      [{ op: 'test', path: '/spec/configuration', value: {} }],
      BEFORE,
    ],
    'copy out': [[{ op: 'copy', from: ROOT, path: '/spec/x' }], BEFORE],
    'copy elsewhere': [[{ op: 'copy', from: '/a', path: '/spec/b' }], BEFORE],
    'move elsewhere': [[{ op: 'move', from: '/a', path: '/spec/b' }], BEFORE],
    'move out': [[{ op: 'move', from: ROOT, path: '/spec/x' }], undefined],
    'move a setting out': [
      [{ op: 'move', from: `${ROOT}/allowPostCopy`, path: '/spec/x' }],
      { parallelMigrationsPerCluster: 5 },
    ],
    'move out what holds it': [
      [{ op: 'move', from: '/spec/configuration', path: '/spec/x' }],
      undefined,
    ],
  })
})

t.test('a copy is one of its own, and writing changes nothing that was given', t => {
  const before = JSON.stringify(BEFORE)
  const copied = result(
    { op: 'add', path: `${ROOT}/a`, value: { x: 1 } },
    { op: 'copy', from: `${ROOT}/a`, path: `${ROOT}/b` },
    { op: 'replace', path: `${ROOT}/b/x`, value: 2 },
    { op: 'move', from: `${ROOT}/a`, path: `${ROOT}/c` },
    { op: 'add', path: `${ROOT}/c/y`, value: 3 },
  )
  t.same(copied, { ...BEFORE, b: { x: 2 }, c: { x: 1, y: 3 } })
  t.equal(JSON.stringify(BEFORE), before)
  t.end()
})
