import t from 'tap'
import type { RuleId } from '../../../src/core/rules/rule-ids.ts'
import {
  approving,
  exceptionText,
  factsOf,
  network,
  type Values,
  vmi,
} from '../../support/review.ts'
import { findingsOf, judged, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'json-patch-override'
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const FIELD = `metadata.annotations[${PATCH}]`
const ROOT = '/spec/configuration/migrations'
const v1 = { era: '1.20', version: 'v1' } as const

const patched = (...operations: Values[]) => ({
  annotations: { [PATCH]: JSON.stringify(operations) },
})
const add = (path: string, value: unknown) => ({ op: 'add', path: `${ROOT}${path}`, value })

t.test('unsafe switches, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: FIELD,
    fine: patched(add('/disableTLS', false)),
    trips: patched(add('/disableTLS', true)),
    worse: patched(add('/disableTLS', true), add('/unsafeMigrationOverride', true)),
  })
  t.end()
})

t.test('a value from outside, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: FIELD,
    fine: {},
    trips: patched({ op: 'copy', from: '/metadata/labels', path: `${ROOT}/network` }),
    worse: patched({ op: 'copy', from: '/spec', path: ROOT }),
  })
  t.end()
})

t.test('a value under another case, rule by rule', t => {
  const at = (value: unknown) => patched({ op: 'add', path: '/spec/Configuration', value })
  obeysTheContract(t, {
    rule,
    field: FIELD,
    fine: {},
    trips: at({ migrations: {} }),
    worse: at({ migrations: { disableTLS: true } }),
  })
  t.end()
})

t.test('a setting under another case, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: FIELD,
    fine: patched(add('/allowPostCopy', false)),
    trips: patched(add('/AllowPostCopy', false)),
    worse: patched(add('/AllowPostCopy', true)),
  })
  t.end()
})

t.test('removing one forbidden operation of two is an improvement', t => {
  const [tls, override] = [add('/disableTLS', true), add('/unsafeMigrationOverride', true)]
  t.match(judged(v1, patched(override), patched(tls, override)), { allowed: true, repair: true })
  t.match(judged(v1, patched(tls, override), patched(override)), { allowed: false })
  t.end()
})

t.test('the switches are found by any spelling that HCO reads', t => {
  const trips = (name: string, value: unknown) =>
    findingsOf(judged(v1, patched(add(`/${name}`, value))), rule).length
  t.same(
    [
      trips('disableTLS', true),
      trips('DISABLETLS', true),
      trips('disableTLſ', true),
      trips('unsafeMigrationOverride', true),
      trips('UnsafeMigrationOverride', true),
      trips('disableTLS', 'true'),
      trips('disableTLS', 1),
      trips('disableTLS', false),
      trips('disableTLS', null),
      trips('nodeDrainTaintKey', 'x'),
      trips('disableTls2', true),
    ],
    [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0],
  )
  t.end()
})

const facts = factsOf([
  network('bad', 'unstable'),
  network('good'),
  vmi('big', { 'migration-guard.io/workload': 'heavy' }),
])

t.test('what the patch makes of the settings is judged by every other rule, under its id', t => {
  const cases: readonly (readonly [RuleId, Values, Values?])[] = [
    ['parallel-migrations-too-high', add('/parallelMigrationsPerCluster', 20)],
    ['outbound-migrations-too-high', add('/parallelOutboundMigrationsPerNode', 3)],
    ['migrations-disabled', add('/parallelMigrationsPerCluster', 0)],
    ['invalid-value', add('/bandwidthPerMigration', '64m')],
    ['post-copy-inert', add('/allowPostCopy', true)],
    ['workload-disruption-pauses', add('/allowWorkloadDisruption', true)],
    ['completion-timeout-long', add('/completionTimeoutPerGiB', 800)],
    ['progress-timeout-low', add('/progressTimeout', 0)],
    ['outbound-exceeds-cluster', add('/parallelOutboundMigrationsPerNode', 6)],
    ['network-invalid', add('/network', 'a,b')],
    ['network-missing', add('/network', 'absent')],
    ['post-copy-unstable-network', add('', { allowPostCopy: true, network: 'bad' })],
    // The migrations object is replaced as a whole: disruption is unset then, and follows post copy.
    [
      'post-copy-critical-data',
      add('', { allowPostCopy: true }),
      { 'migration-guard.io/data': 'critical' },
    ],
  ]
  for (const [id, operation, declarations = {}] of cases) {
    const { annotations } = patched(operation)
    const state = { annotations: { ...annotations, ...(declarations as Record<string, string>) } }
    const found = findingsOf(judged(v1, state, null, { facts }), id)
    t.same([...new Set(found.map(({ field }) => field))], [FIELD], id)
    const before = { annotations: declarations as Record<string, string> }
    const introduced = findingsOf(judged(v1, state, before, { facts }), id)
    t.ok(
      introduced.some(({ change }) => change === 'introduced'),
      `${id} is introduced`,
    )
    const kept = judged(v1, { ...state, settings: { allowAutoConverge: true } }, state, { facts })
    t.ok(
      findingsOf(kept, id).every(({ change }) => change === 'kept'),
      `${id} is kept`,
    )
    t.equal(kept.allowed, true)
  }
  t.end()
})

t.test('the settings are judged besides what the patch makes of them', t => {
  const hidden = {
    ...patched(add('/parallelMigrationsPerCluster', 5)),
    settings: { parallelMigrationsPerCluster: 20 },
  }
  const [finding] = findingsOf(judged(v1, hidden), 'parallel-migrations-too-high')
  t.match(finding, {
    field: 'spec.virtualization.liveMigrationConfig.parallelMigrationsPerCluster',
    effect: 'deny',
  })
  const worst = {
    ...patched(add('/parallelMigrationsPerCluster', 40)),
    settings: { parallelMigrationsPerCluster: 20 },
  }
  t.match(findingsOf(judged(v1, worst), 'parallel-migrations-too-high'), [
    { field: FIELD, value: 40 },
  ])
  t.equal(judged(v1, worst, hidden).allowed, false, 'raised by the patch')
  t.equal(judged(v1, hidden, worst).allowed, true, 'lowered by the patch')
  t.end()
})

t.test('an exception to a rule excuses what the patch does, within its bound', t => {
  const operation = add('/parallelMigrationsPerCluster', 20)
  const key = 'exception.migration-guard.io/parallel-migrations-too-high'
  const excused = (bound: number) => ({
    annotations: {
      ...patched(operation).annotations,
      [key]: exceptionText({ bound: { parallelMigrationsPerCluster: bound } }),
    },
  })
  const approvals = approving('parallel-migrations-too-high')
  t.equal(judged(v1, excused(20), {}, { approvals }).outcome, 'allowed-by-exception')
  t.equal(judged(v1, excused(19), {}, { approvals }).outcome, 'denied')
  t.end()
})

t.test('it says what the patch does and what to do', t => {
  t.same(wordsOf(rule, patched(add('/disableTLS', true))), [
    'the patch changes live migration in a way that is not allowed: it sets "disableTLS" to true.',
    'HCO would apply it over every setting, and nothing reconciles it away.',
    'remove that operation from the patch',
  ])
  t.end()
})
