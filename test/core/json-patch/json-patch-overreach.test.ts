import t from 'tap'
import { BEFORE, check, ROOT } from '../../support/migrations-patch.ts'

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
