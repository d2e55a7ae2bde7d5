import t, { type Test } from 'tap'
import { applyMigrationsPatch } from '../../src/core/json-patch.ts'
import { readOverride } from '../../src/core/override.ts'
import { formatQuantity } from '../../src/core/quantity.ts'
import { judged } from '../support/rule-contract.ts'

const ROOT = '/spec/configuration/migrations'
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const BEFORE = { allowPostCopy: false, parallelMigrationsPerCluster: 5 }

type Operation = Readonly<Record<string, unknown>>
const plain = (value: unknown) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))
const apply = (...operations: readonly Operation[]) =>
  applyMigrationsPatch(JSON.stringify(operations), BEFORE)
/** What becomes of the migrations object; a word where the patch is malformed or overreaches. */
const result = (...operations: readonly Operation[]) => {
  const { problem, migrations, overreaches } = apply(...operations)
  if (problem !== null) return 'malformed'
  return overreaches.length > 0 ? 'overreaches' : plain(migrations)
}

type Cases = Readonly<Record<string, readonly [readonly Operation[], unknown]>>
function check(t: Test, cases: Cases) {
  const entries = Object.entries(cases)
  t.same(
    Object.fromEntries(entries.map(([name, [operations]]) => [name, result(...operations)])),
    Object.fromEntries(entries.map(([name, [, expected]]) => [name, expected])),
  )
  t.end()
}

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

t.test('what comes in from where it cannot be seen is reported', t => {
  check(t, {
    'copy in': [[{ op: 'copy', from: '/metadata/labels', path: ROOT }], 'overreaches'],
    'copy into a setting': [
      [{ op: 'copy', from: '/spec/x', path: `${ROOT}/network` }],
      'overreaches',
    ],
    'copy over what holds it': [
      [{ op: 'copy', from: '/x', path: '/spec/configuration' }],
      'overreaches',
    ],
    'copy from what holds it': [[{ op: 'copy', from: '/spec', path: `${ROOT}/x` }], 'overreaches'],
    'copy from the document': [[{ op: 'copy', from: '', path: `${ROOT}/x` }], 'overreaches'],
    'move in': [[{ op: 'move', from: '/spec/x', path: `${ROOT}/network` }], 'overreaches'],
    'out and in again': [
      [
        { op: 'move', from: ROOT, path: '/spec/x' },
        { op: 'move', from: '/spec/x', path: ROOT },
      ],
      'overreaches',
    ],
    'what holds it, out and in again': [
      [
        { op: 'move', from: '/spec/configuration', path: '/spec/x' },
        { op: 'move', from: '/spec/x', path: '/spec/configuration' },
      ],
      'overreaches',
    ],
  })
})

t.test('a key that HCO reads without regard to case is reported wherever it is written', t => {
  const value = { allowPostCopy: true }
  const add = (path: string) => [{ op: 'add', path, value }]
  check(t, {
    Configuration: [add('/spec/Configuration'), 'overreaches'],
    'under Configuration': [add('/spec/Configuration/migrations'), 'overreaches'],
    'deep under Configuration': [
      add('/spec/Configuration/migrations/allowPostCopy'),
      'overreaches',
    ],
    MIGRATIONS: [add('/spec/configuration/MIGRATIONS'), 'overreaches'],
    replaced: [[{ op: 'replace', path: '/spec/Configuration', value }], 'overreaches'],
    'copied there': [[{ op: 'copy', from: '/spec/x', path: '/spec/Configuration' }], 'overreaches'],
    'copied there from inside': [
      [{ op: 'copy', from: ROOT, path: '/spec/configuration/Migrations' }],
      'overreaches',
    ],
    'moved there': [[{ op: 'move', from: '/spec/x', path: '/spec/Configuration' }], 'overreaches'],
    'in a value for configuration': [
      [{ op: 'add', path: '/spec/configuration', value: { migrations: {}, Migrations: value } }],
      'overreaches',
    ],
    'removed again': [
      [
        { op: 'add', path: '/spec/configuration', value: { migrations: value, Migrations: 1 } },
        { op: 'add', path: '/spec/configuration', value: { migrations: value } },
      ],
      value,
    ],
    'another word': [add('/spec/configuratioN2'), BEFORE],
  })
})

t.test('a setting in another case is forbidden as well', t => {
  const forbidden = (key: string) =>
    readOverride(
      { [PATCH]: JSON.stringify([{ op: 'add', path: `${ROOT}/${key}`, value: true }]) },
      {},
    )?.forbidden.length
  t.same(
    [
      'AllowPostCopy',
      'ALLOWPOSTCOPY',
      'allowPoſtCopy',
      'networK',
      'allowWor\u212aloadDisruption',
    ].map(forbidden),
    [1, 1, 1, 1, 1],
  )
  t.equal(forbidden('networ\u212a'), 1, 'the Kelvin sign')
  t.same(['allowPostCopy', 'network', 'allowPostcopies', 'ınetwork'].map(forbidden), [0, 0, 0, 0])
  t.end()
})

t.test('pointers are read as RFC 6901 says', t => {
  const add = (key: string) => result({ op: 'add', path: `${ROOT}/${key}`, value: 1 })
  t.same(add('a~1b'), { ...BEFORE, 'a/b': 1 })
  t.same(add('a~0b'), { ...BEFORE, 'a~b': 1 })
  t.same(add('a~01b'), { ...BEFORE, 'a~1b': 1 })
  t.same(add(''), { ...BEFORE, '': 1 })
  t.same(add('-'), { ...BEFORE, '-': 1 })
  t.same(result({ op: 'add', path: '/spec/configuration~1migrations', value: {} }), BEFORE)
  t.equal(
    result({ op: 'add', path: `${ROOT.slice(1)}/network`, value: 1 }),
    'malformed',
    'no slash',
  )
  t.same(add('constructor'), { ...BEFORE, constructor: 1 })
  const { migrations } = apply({
    op: 'add',
    path: `${ROOT}/__proto__`,
    value: { allowPostCopy: true },
  })
  t.equal(
    (migrations as typeof BEFORE).allowPostCopy,
    false,
    'a key called __proto__ is only a key',
  )
  t.end()
})

t.test('a malformed patch of any kind is named, never thrown', t => {
  const texts = [
    '',
    ' ',
    'null',
    'true',
    '5',
    '"text"',
    '{}',
    '{"op":"add"}',
    '[',
    '[{]',
    '[1]',
    '[null]',
    '["add"]',
    '[[]]',
    '[{}]',
    '[{"op":"add"}]',
    '[{"op":"add","path":"/spec/a"}]',
    '[{"op":"replace","path":"/spec/a"}]',
    '[{"op":"test","path":"/spec/a"}]',
    '[{"op":"copy","path":"/spec/a"}]',
    '[{"op":"move","path":"/spec/a","from":7}]',
    '[{"op":"copy","path":"/spec/a","from":"b"}]',
    '[{"op":"add","path":7,"value":1}]',
    '[{"op":"add","path":null,"value":1}]',
    '[{"op":"add","path":["a"],"value":1}]',
    '[{"op":"add","path":"a","value":1}]',
    '[{"op":"ADD","path":"/spec/a","value":1}]',
    '[{"op":"merge","path":"/spec/a","value":1}]',
    '[{"op":null,"path":"/spec/a"}]',
    '[{"op":["add"],"path":"/spec/a","value":1}]',
    '[{"op":{"toString":1},"path":"/spec/a","value":1}]',
    '[{"path":"/spec/a","value":1}]',
    '[{"__proto__":{"op":"add","path":"/spec/a","value":1}}]',
    '- op: add\n  path: /a\n  value: 1',
    `["${'x'.repeat(300_000)}"]`,
  ]
  for (const text of texts) {
    const { problem, migrations } = applyMigrationsPatch(text, BEFORE)
    t.ok(typeof problem === 'string' && problem !== '' && migrations === null, text.slice(0, 60))
  }
  t.end()
})

t.test('a key that stands twice is malformed: JSON readers do not agree on it', t => {
  const hiding = `[{"op":"add","path":"/spec/configuration","value":{"migrations":{"allowPostCopy":true},"migrations":{"allowAutoConverge":true}}}]`
  t.match(applyMigrationsPatch(hiding, BEFORE).problem, /twice/)
  t.match(
    applyMigrationsPatch('[{"op":"add","op":"remove","path":"/spec/a","value":1}]', BEFORE).problem,
    /twice/,
  )
  t.match(
    applyMigrationsPatch('[{"op":"add","path":"/spec/a","value":{"a":1,"\\u0061":2}}]', BEFORE)
      .problem,
    /twice/,
    'by another spelling',
  )
  const fine = '[{"op":"add","path":"/spec/a","value":[{"a":"\\"a\\": {","b":["a:"]},{"a":2}]}]'
  t.equal(applyMigrationsPatch(fine, BEFORE).problem, null)
  t.end()
})

t.test('copies of copies are stopped before they fill the memory', t => {
  const copies = Array.from({ length: 40 }, (_, index) => ({
    op: 'copy',
    from: ROOT,
    path: `${ROOT}/x${index}`,
  }))
  t.match(apply(...copies).problem, /copies more than 256 KiB/)
  t.equal(result(...copies.slice(0, 10)) === 'malformed', false)
  t.end()
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

t.test(
  'the feature gate under which post copy does not wait is reported wherever it is written',
  t => {
    const gate = 'MigrationStallDetection'
    const path = '/spec/configuration/developerConfiguration'
    check(t, {
      'into the list': [
        [{ op: 'add', path: `${path}/featureGates/-`, value: gate }],
        'overreaches',
      ],
      'with the list': [
        [{ op: 'add', path: `${path}/featureGates`, value: ['x', gate] }],
        'overreaches',
      ],
      'with what holds the list': [
        [{ op: 'add', path, value: { featureGates: [gate] } }],
        'overreaches',
      ],
      'another gate': [[{ op: 'add', path: `${path}/featureGates/-`, value: 'x' }], BEFORE],
      'a test for it': [[{ op: 'test', path: `${path}/featureGates/0`, value: gate }], BEFORE],
    })
  },
)

t.test('however deep a patch is nested, it is answered', t => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
  for (const text of [
    deep,
    `[{"op":"add","path":"${ROOT}/network","value":${deep}}]`,
    `[{"op":"add","path":"${ROOT}","value":${deep}}]`,
    `[{"op":"test","path":"${ROOT}/network","value":${deep}}]`,
    `[{"op":${deep},"path":"${ROOT}"}]`,
  ]) {
    const state = { annotations: { [PATCH]: text } }
    const decision = judged({ era: '1.20', version: 'v1' }, state, {})
    t.match(decision, { allowed: false, code: 422, failure: null })
  }
  t.end()
})

t.test('what HCO makes of a patch is judged besides what RFC 6902 says', t => {
  const settings = {
    allowPostCopy: true,
    parallelMigrationsPerCluster: 5,
    bandwidthPerMigration: '1Gi',
  }
  // As RFC 6902 reads it, and as HCO does.
  const read = (patch: string) => {
    const results = readOverride({ [PATCH]: patch }, settings)?.results
    return [results?.get('rfc'), results?.get('hco')]
  }
  const results = (...operations: readonly Operation[]) =>
    read(JSON.stringify(operations)).map(result => ({
      ...result?.settings,
      ...(result?.settings.bandwidthPerMigration && {
        bandwidthPerMigration: formatQuantity(result.settings.bandwidthPerMigration),
      }),
    }))
  t.same(results({ op: 'remove', path: `${ROOT}/allowPostCopy` }), [
    { parallelMigrationsPerCluster: 5, bandwidthPerMigration: '1Gi' },
    settings,
  ])
  t.same(results({ op: 'add', path: ROOT, value: { parallelMigrationsPerCluster: 20 } }), [
    { parallelMigrationsPerCluster: 20 },
    { ...settings, parallelMigrationsPerCluster: 20 },
  ])
  t.same(results({ op: 'remove', path: ROOT }), [{}, settings])
  t.same(results({ op: 'add', path: '/spec/configuration', value: {} }), [{}, settings])
  const { allowPostCopy: _, ...cleared } = settings
  t.same(
    results({ op: 'add', path: `${ROOT}/allowPostCopy`, value: null }),
    [cleared, cleared],
    'null clears',
  )
  t.same(results({ op: 'add', path: ROOT, value: null }), [{}, {}])
  t.same(
    read(`[{"op":"add","path":"${ROOT}","value":"x"}]`).map(result => result?.invalid.length),
    [1, 1],
    'what is no object is invalid',
  )
  t.equal(readOverride({}, settings), null, 'without the annotation there is none')
  t.end()
})

t.test('a bandwidth is tested as HCO renders it', t => {
  const holds = (stored: string, value: string, path = `${ROOT}/bandwidthPerMigration`) => {
    const patch = JSON.stringify([{ op: 'test', path, value }])
    return readOverride({ [PATCH]: patch }, { bandwidthPerMigration: stored })?.problem === null
  }
  t.equal(holds('1024Mi', '1Gi'), true)
  t.equal(
    holds('1024Mi', '1024Mi'),
    false,
    'what stands in the HyperConverged is not what is there',
  )
  t.equal(holds('64Mi', '64Mi'), true)
  t.equal(holds('1.5Gi', '1536Mi'), true)
  t.equal(holds('0Mi', '0'), true)
  t.equal(holds('64m', '64m'), true, 'what is refused anyway stays as it is')
  t.end()
})

t.test('both results are refused where either loses a VM', t => {
  const annotations = (...operations: readonly Operation[]) => ({
    'migration-guard.io/network-stability': 'unstable',
    [PATCH]: JSON.stringify(operations),
  })
  const refused = (settings: Operation, ...operations: readonly Operation[]) =>
    !judged({ era: '1.20', version: 'v1' }, { settings, annotations: annotations(...operations) })
      .allowed
  const inert = { allowPostCopy: true, allowWorkloadDisruption: false }
  t.equal(refused(inert), false)
  t.equal(
    refused(inert, { op: 'remove', path: `${ROOT}/allowWorkloadDisruption` }),
    true,
    'as RFC 6902 says, disruption is unset and follows post copy',
  )
  const armed = { allowPostCopy: false, allowWorkloadDisruption: true }
  t.equal(
    refused(armed, {
      op: 'add',
      path: ROOT,
      value: { allowPostCopy: true, allowWorkloadDisruption: false },
    }),
    false,
  )
  t.equal(
    refused(
      { ...armed, completionTimeoutPerGiB: 0 },
      { op: 'add', path: ROOT, value: { allowPostCopy: true, completionTimeoutPerGiB: null } },
    ),
    true,
    'as HCO reads it, the timeout is cleared and disruption stays',
  )
  t.end()
})
