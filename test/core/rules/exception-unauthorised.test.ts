import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import type { Approval } from '../../../src/core/decision-context.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { contextOf } from '../../support/decide.ts'
import {
  approving,
  exceptionText,
  factsOf,
  migrationPolicy,
  requestOf,
  type Texts,
} from '../../support/review.ts'
import { findingsOf, judged, wordsOf } from '../../support/rule-contract.ts'

const rule = 'exception-unauthorised'
const v1 = { era: '1.20', version: 'v1' } as const
const v1beta1 = { era: '1.17', version: 'v1beta1' } as const
const NAME = 'parallel-migrations-too-high'
const KEY = `exception.migration-guard.io/${NAME}`
const DATA = 'migration-guard.io/data'
const NETWORK = 'migration-guard.io/network-stability'
const text = exceptionText()

const refused = (after: Texts, before: Texts | null, ...granted: string[]) =>
  findingsOf(
    judged(v1, { annotations: after }, before && { annotations: before }, {
      approvals: approving(...granted),
    }),
    rule,
  ).map(({ field, effect }) => `${effect} ${field}`)

t.test('adding or changing an exception needs approval by its own name', t => {
  const denied = [`deny metadata.annotations[${KEY}]`]
  t.same(refused({ [KEY]: text }, {}), denied, 'added')
  t.same(refused({ [KEY]: text }, null), denied, 'on CREATE')
  t.same(refused({ [KEY]: text }, {}, NAME), [], 'by an approver')
  t.same(refused({ [KEY]: text }, {}, 'outbound-migrations-too-high'), denied, 'of another rule')
  t.same(refused({ [KEY]: `${text} ` }, { [KEY]: text }), denied, 'by a blank')
  t.same(refused({ [KEY]: exceptionText({ expires: '2026-12-02' }) }, { [KEY]: text }), denied)
  t.same(refused({ [KEY]: 'not: [an exception' }, {}), denied, 'unreadable')
  t.same(refused({ [KEY]: '' }, {}), denied, 'empty')
  t.same(refused({ [KEY]: text }, { [KEY]: text }), [], 'kept')
  t.same(refused({}, { [KEY]: text }), [], 'removed')
  t.same(
    refused(
      { 'exception.migration-guard.io/': text, 'exception.migration-guard.io/nonsense': text },
      {},
    ).length,
    2,
    'whatever stands after the prefix',
  )
  t.end()
})

t.test('taking a declaration back needs approval by the rule that it feeds', t => {
  const data = [`deny metadata.annotations[${DATA}]`]
  const network = [`deny metadata.annotations[${NETWORK}]`]
  t.same(refused({}, { [DATA]: 'critical' }), data, 'removed')
  t.same(refused({ [DATA]: 'normal' }, { [DATA]: 'critical' }), data, 'changed')
  t.same(refused({}, { [DATA]: ' Critical' }), data, 'as people write it')
  t.same(refused({}, { [DATA]: 'critical' }, 'post-copy-critical-data'), [], 'by an approver')
  t.same(refused({}, { [DATA]: 'critical' }, 'post-copy-unstable-network'), data, 'of another rule')
  t.same(refused({}, { [NETWORK]: 'unstable' }), network)
  t.same(refused({ [NETWORK]: 'stable' }, { [NETWORK]: 'unstable' }), network)
  t.same(refused({}, { [NETWORK]: 'unstable' }, 'post-copy-unstable-network'), [])
  t.same(refused({ [DATA]: 'CRITICAL' }, { [DATA]: 'critical' }), [], 'the same word')
  t.same(refused({ [DATA]: 'critical', [NETWORK]: 'unstable' }, {}), [], 'declaring needs none')
  t.same(refused({}, { [NETWORK]: 'stable', [DATA]: 'normal' }), [], 'what feeds no rule')
  t.same(
    refused({}, { 'migration-guard.io/workload-profile': 'heavy' }),
    [],
    'the profile is no such declaration',
  )
  t.end()
})

t.test('on a MigrationPolicy exceptions need approval and declarations mean nothing', t => {
  const facts = factsOf([])
  const policy = (annotations: Texts) => migrationPolicy('p', { selectors: {} }, annotations)
  const judge = (after: Texts, before: Texts) =>
    findingsOf(
      decide('validate', requestOf('UPDATE', policy(after), policy(before)), contextOf({ facts })),
      rule,
    ).length
  t.equal(judge({ 'exception.migration-guard.io/post-copy-critical-data': text }, {}), 1)
  t.equal(judge({}, { [DATA]: 'critical' }), 0)
  t.end()
})

t.test('it is refused in both versions, whatever is set besides', t => {
  for (const place of [v1, v1beta1]) {
    const decision = judged(place, { annotations: { [KEY]: text } }, {})
    t.match(decision, { allowed: false, code: 403 })
  }
  const mends = judged(
    v1,
    { annotations: { [KEY]: text }, settings: { parallelMigrationsPerCluster: 5 } },
    { settings: { parallelMigrationsPerCluster: 20 } },
  )
  t.equal(mends.allowed, false, 'also next to an improvement')
  t.end()
})

t.test('the policy says what follows, but an unapproved exception never excuses', t => {
  const state = { settings: { parallelMigrationsPerCluster: 20 }, annotations: { [KEY]: text } }
  for (const [enforcement, effect] of [
    ['deny', ['deny']],
    ['warn', ['warn']],
    ['audit', ['record']],
    ['off', []],
  ] as const) {
    const policy = { ...DEFAULT_POLICY, enforcement: { [rule]: enforcement } }
    const decision = judged(v1, state, {}, { policy })
    t.same(
      findingsOf(decision, rule).map(finding => finding.effect),
      effect,
      enforcement,
    )
    t.equal(decision.allowed, false, `${enforcement}: the violation itself is refused`)
  }
  t.end()
})

t.test('it cannot be waived', t => {
  const annotations = { [`exception.migration-guard.io/${rule}`]: text, [KEY]: text }
  const decision = judged(v1, { annotations }, {}, { approvals: approving(rule) })
  t.equal(decision.allowed, false)
  t.end()
})

t.test('it says who did what and why it was not granted', t => {
  const refusing = (approval: Approval) => ({ approvals: new Map([[NAME, approval]]) })
  t.same(
    wordsOf(
      rule,
      { annotations: { [KEY]: text } },
      refusing({ granted: false, detail: 'no RBAC policy matched' }),
    ),
    [
      'alice adds an exception to parallel-migrations-too-high, which needs approval: no RBAC policy matched.',
      '',
      'let someone do this who may "approve" the resource "exceptions" of group migration-guard.io with name parallel-migrations-too-high',
    ],
  )
  t.match(wordsOf(rule, { annotations: { [KEY]: text } })[0], 'nobody could be asked')
  t.end()
})
