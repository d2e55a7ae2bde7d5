import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { contextOf } from '../../support/decide.ts'
import {
  approving,
  factsOf,
  hyperConverged,
  migrationPolicy,
  requestOf,
} from '../../support/review.ts'
import {
  judged,
  judgesAlike,
  obeysTheContract,
  type State,
  wordsOf,
} from '../../support/rule-contract.ts'

const rule = 'invalid-value'
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const v1 = { era: '1.20', version: 'v1' } as const

t.test('a value of the wrong type, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'progressTimeout',
    fine: { settings: { progressTimeout: 150 } },
    trips: { settings: { progressTimeout: '150' } },
    worse: { settings: { progressTimeout: -1 } },
  })
  t.end()
})

t.test('a malformed patch, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: `metadata.annotations[${PATCH}]`,
    fine: {},
    trips: { annotations: { [PATCH]: '{}' } },
    worse: { annotations: { [PATCH]: '[{}]' } },
  })
  t.end()
})

t.test('a malformed patch that is changed is new, even where it is wrong in the same way', t => {
  const patch = (value: number) => ({
    annotations: { [PATCH]: `[{"op":"add","op":"add","path":"/spec/a","value":${value}}]` },
  })
  t.equal(judged(v1, patch(2), patch(1)).allowed, false)
  t.equal(judged(v1, { ...patch(1), settings: { progressTimeout: 200 } }, patch(1)).allowed, true)
  t.end()
})

t.test('a patch that HCO refuses for its paths changes nothing, and hides nothing', t => {
  const wiped = { op: 'add', path: '/spec', value: {} }
  const unstable = { 'migration-guard.io/network-stability': 'unstable' }
  const on = { allowPostCopy: true, allowWorkloadDisruption: true }
  const refused = { ...unstable, [PATCH]: JSON.stringify([wiped]) }
  const rulesOf = (state: State, old: State | null) =>
    judged(v1, state, old).findings.flatMap(each => (each.effect === 'deny' ? each.rule : []))
  t.same(rulesOf({ annotations: refused }, null), [rule])
  const kept = { annotations: refused }
  const other = { settings: { progressTimeout: 200 }, annotations: refused }
  t.same(rulesOf(other, kept), [], 'one that was there is kept')
  t.same(
    rulesOf({ settings: on, annotations: refused }, kept),
    ['post-copy-unstable-network'],
    'the settings beneath it are judged',
  )
  const value = { migrations: on }
  const path = '/spec/configuration'
  const mended = { ...unstable, [PATCH]: JSON.stringify([{ op: 'add', path, value }]) }
  t.same(
    rulesOf({ annotations: mended }, kept),
    ['post-copy-unstable-network'],
    'what it would do is new when HCO takes it',
  )
  t.same(rulesOf({ annotations: unstable }, kept), [], 'it can be removed')
  t.same(wordsOf(rule, kept), [
    'the patch operation 0 has the path "/spec", and HCO takes no patch with one that is not below "/spec/".',
    'HCO cannot apply it and stops reconciling KubeVirt.',
    'correct the patch, an RFC 6902 array of operations, or remove the annotation',
  ])
  t.end()
})

t.test('of a patch that HCO may apply it does not say that HCO refuses it', t => {
  const applied = 'HCO may apply it all the same, and what it does cannot be seen here.'
  const refused = 'HCO cannot apply it and stops reconciling KubeVirt.'
  const cases = {
    '[{"op":"add","op":"add","path":"/spec/a","value":1}]': applied,
    [`[${' '.repeat(256 * 1024)}]`]: applied,
    '[{"op":"add","path":"/spec","value":{}}]': refused,
    '{}': refused,
    '[': refused,
  }
  // Where it does not refuse, both rules are told.
  const policy = { ...DEFAULT_POLICY, enforcement: { [rule]: 'warn' } } as const
  for (const [text, consequence] of Object.entries(cases)) {
    const state = { annotations: { [PATCH]: text } }
    const name = text.slice(0, 60)
    t.equal(wordsOf(rule, state)[1], consequence, name)
    const [, ...words] = wordsOf('json-patch-override', state, { policy })
    const mend = 'write the patch so that it can be followed, or remove the annotation'
    t.same(words, consequence === applied ? [applied, mend] : [], name)
  }
  t.end()
})

t.test('whole numbers are whole, in range and not negative', t => {
  for (const [name, largest] of [
    ['parallelMigrationsPerCluster', 2 ** 31 - 1],
    ['parallelOutboundMigrationsPerNode', 2 ** 31 - 1],
    // The largest double below 2^63.
    ['completionTimeoutPerGiB', 2 ** 63 - 1024],
    ['progressTimeout', 2 ** 63 - 1024],
  ] as const) {
    const at = (value: unknown) => ({ [name]: value })
    judgesAlike(t, rule, {
      [`${name} absent`]: [at(undefined), 'nothing'],
      [`${name} null`]: [at(null), 'nothing'],
      [`${name} 0`]: [at(0), 'nothing'],
      [`${name} at its largest`]: [at(largest), 'nothing'],
      [`${name} beyond it`]: [at(largest < 2 ** 32 ? largest + 1 : 2 ** 63), 'deny'],
      [`${name} 1e300`]: [at(1e300), 'deny'],
      [`${name} negative`]: [at(-1), 'deny'],
      [`${name} a fraction`]: [at(1.5), 'deny'],
      [`${name} text`]: [at('5'), 'deny'],
      [`${name} true`]: [at(true), 'deny'],
      [`${name} a list`]: [at([5]), 'deny'],
      [`${name} an object`]: [at({}), 'deny'],
    })
  }
  t.end()
})

t.test('switches are true or false, a network is text', t => {
  for (const name of ['allowAutoConverge', 'allowPostCopy', 'allowWorkloadDisruption']) {
    const at = (value: unknown) => ({ [name]: value })
    judgesAlike(t, rule, {
      [`${name} absent`]: [at(undefined), 'nothing'],
      [`${name} null`]: [at(null), 'nothing'],
      [`${name} true`]: [at(true), 'nothing'],
      [`${name} false`]: [at(false), 'nothing'],
      [`${name} "true"`]: [at('true'), 'deny'],
      [`${name} 1`]: [at(1), 'deny'],
      [`${name} 0`]: [at(0), 'deny'],
    })
  }
  judgesAlike(t, rule, {
    'network text': [{ network: 'mig' }, 'nothing'],
    'network empty is another rule': [{ network: '' }, 'nothing'],
    'network a number': [{ network: 7 }, 'deny'],
    'network a list': [{ network: ['mig'] }, 'deny'],
  })
  t.end()
})

t.test('a bandwidth is a quantity of at least one byte, or 0', t => {
  const at = (bandwidthPerMigration: unknown) => ({ bandwidthPerMigration })
  judgesAlike(t, rule, {
    absent: [at(undefined), 'nothing'],
    null: [at(null), 'nothing'],
    '0': [at('0'), 'nothing'],
    '0Mi': [at('0Mi'), 'nothing'],
    '-0': [at('-0'), 'nothing'],
    '0m': [at('0m'), 'nothing'],
    '64Mi': [at('64Mi'), 'nothing'],
    '1': [at('1'), 'nothing'],
    '1000m is one byte': [at('1000m'), 'nothing'],
    '999m': [at('999m'), 'deny'],
    '64m': [at('64m'), 'deny'],
    '64u': [at('64u'), 'deny'],
    '1n': [at('1n'), 'deny'],
    '-64Mi': [at('-64Mi'), 'deny'],
    '64 Mi': [at('64 Mi'), 'deny'],
    '64mi': [at('64mi'), 'deny'],
    '64MB': [at('64MB'), 'deny'],
    empty: [at(''), 'deny'],
    'a number': [at(64), 'deny'],
    'a lot of digits': [at('9'.repeat(10_000)), 'deny'],
    'an absurd exponent': [at('1e300'), 'deny'],
  })
  t.end()
})

t.test('a block that is no object is invalid as a whole', t => {
  for (const block of [[], 'text', 7, true]) {
    const object = hyperConverged(block as never)
    const decision = decide('validate', requestOf('CREATE', object), contextOf())
    t.match(decision, { allowed: false, code: 422 })
    t.match(decision.findings[0], { rule, field: 'spec.virtualization.liveMigrationConfig' })
  }
  t.end()
})

t.test('only invalid values make a 422, anything else a 403', t => {
  const invalid = { progressTimeout: -1 }
  t.equal(judged(v1, { settings: invalid }).code, 422)
  t.equal(judged(v1, { settings: { ...invalid, parallelMigrationsPerCluster: 0 } }).code, 403)
  t.end()
})

t.test('one invalid value does not hide another, nor the other rules', t => {
  const settings = {
    progressTimeout: 'x',
    bandwidthPerMigration: '64m',
    parallelMigrationsPerCluster: 2 ** 31,
    parallelOutboundMigrationsPerNode: -1,
  }
  const found = judged(v1, { settings }).findings
  t.same(found.map(finding => `${finding.rule} ${finding.field.split('.').at(-1)}`).sort(), [
    'invalid-value bandwidthPerMigration',
    'invalid-value parallelMigrationsPerCluster',
    'invalid-value parallelOutboundMigrationsPerNode',
    'invalid-value progressTimeout',
    'parallel-migrations-too-high parallelMigrationsPerCluster',
  ])
  t.end()
})

t.test('with an approval it stays refused', t => {
  const annotations = {
    [`exception.migration-guard.io/${rule}`]: '{reason: we know better, expires: 2026-12-01}',
  }
  const decision = judged(v1, { settings: { progressTimeout: -1 }, annotations }, null, {
    approvals: approving(rule),
  })
  t.equal(decision.allowed, false)
  t.end()
})

t.test('it says what is wrong and what to write', t => {
  const words = (settings: Record<string, unknown>) => wordsOf(rule, { settings })
  t.same(words({ bandwidthPerMigration: '64m' }), [
    'the value is less than one byte per second, which KubeVirt takes as unlimited; "64Mi" is 64 MiB per second.',
    '',
    'write a quantity such as "64Mi", or "0Mi" for no limit',
  ])
  t.same(words({ progressTimeout: '150' }), [
    'the value is text, not a number: remove the quotes.',
    '',
    'write a whole number of seconds, such as 150',
  ])
  t.end()
})

t.test('quotes are only blamed where they are what is wrong', t => {
  for (const [value, quotes] of [
    ['150', true],
    ['-1', true],
    ['100s', false],
    ['fast', false],
    ['', false],
    ['1.5', false],
  ] as const) {
    const [message = ''] = wordsOf(rule, { settings: { progressTimeout: value } }) ?? []
    t.equal(message.includes('remove the quotes'), quotes, message)
    t.match(message, /^the value is text, not a (?:whole )?number/)
  }
  t.end()
})

t.test('of a MigrationPolicy, what a request makes invalid is refused', t => {
  const decideOn = (
    operation: 'CREATE' | 'UPDATE' | 'DELETE',
    now: JsonObject | null,
    was: JsonObject | null,
  ) => decide('validate', requestOf(operation, now, was), contextOf({}))
  const good = migrationPolicy('p', { selectors: {}, bandwidthPerMigration: 1024 })
  const wrong = migrationPolicy('p', { selectors: {}, bandwidthPerMigration: '64m' })
  const created = decideOn('CREATE', wrong, null)
  t.match(created, { allowed: false, code: 422 })
  t.match(created.findings, [{ rule, field: 'spec.bandwidthPerMigration', value: '64m' }])
  t.equal(decideOn('CREATE', good, null).allowed, true)
  t.equal(decideOn('UPDATE', wrong, good).allowed, false)
  const worded = { ...wrong, metadata: { name: 'p', labels: {} } }
  t.equal(decideOn('UPDATE', worded, wrong).allowed, true, 'what was there stays')
  t.equal(decideOn('UPDATE', good, wrong).allowed, true)
  t.equal(decideOn('DELETE', null, wrong).allowed, true)
  t.end()
})

t.test('what is wrong in the HyperConverged is not held against a MigrationPolicy', t => {
  const facts = factsOf([hyperConverged({ progressTimeout: -1 }, { [PATCH]: '{}' })])
  const policy = migrationPolicy('p', { selectors: {}, allowPostCopy: false })
  t.same(decide('validate', requestOf('CREATE', policy), contextOf({ facts })).findings, [])
  t.end()
})
