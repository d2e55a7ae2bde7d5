import fc from 'fast-check'
import t from 'tap'
import { decide, type Webhook } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Enforcement } from '../../src/core/policy.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { anyCase, exceptionsTo } from '../support/arbitraries.ts'
import { NOW } from '../support/decide.ts'
import {
  annotationsOf,
  approving,
  OPERATOR,
  requestOf,
  type Texts,
  type Values,
  withAnnotations,
} from '../support/review.ts'

const RUNS = { numRuns: 1000 }
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const STABILITY = 'migration-guard.io/network-stability'
const DATA = 'migration-guard.io/data'
const WEBHOOKS: readonly Webhook[] = ['validate', 'advise', 'mutate']
const enforcement = fc.dictionary(
  fc.constantFrom(...RULE_IDS),
  fc.constantFrom<Enforcement>('deny', 'deny', 'warn', 'audit', 'off'),
)

/** Any policy about enforcement and expiry, under which everything would be refused that can be. */
function strict(
  context: DecisionContext,
  enforcement: Values,
  onExpiry: 'warn' | 'deny',
): DecisionContext {
  const { policy, facts } = context
  return {
    ...context,
    facts: { ...facts, synced: true },
    policy: { ...policy, enforcement, exceptions: { ...policy.exceptions, onExpiry } },
  }
}

function withoutExceptions(object: JsonObject | null): Texts {
  return Object.fromEntries(
    Object.entries(annotationsOf(object)).filter(
      ([key]) => !key.startsWith('exception.') && key !== PATCH,
    ),
  )
}

t.test('a request that leaves the settings as they are is never refused', t => {
  const tightening = fc.record(
    {
      [DATA]: fc.constant('critical'),
      [STABILITY]: fc.constant('unstable'),
      'migration-guard.io/workload-profile': fc.constantFrom('heavy', 'standard'),
      'migration-guard.io/pinned': fc.constantFrom('', 'progressTimeout'),
      other: fc.constant('x'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      anyCase,
      tightening,
      enforcement,
      fc.constantFrom('warn', 'deny'),
      ({ request, context }, added, enforcement, onExpiry) => {
        const old = request.object ?? {}
        const object = withAnnotations(
          { ...old, spec: { ...(old.spec as Values), featureGates: {} } },
          { ...annotationsOf(old), ...(added as Texts) },
        )
        const decision = decide(
          'validate',
          requestOf('UPDATE', object, old),
          strict(context, enforcement, onExpiry),
        )
        if (!decision.allowed)
          throw new Error(
            JSON.stringify(decision.findings.filter(({ effect }) => effect === 'deny')),
          )
      },
    ),
    RUNS,
  )
  t.end()
})

t.test(
  'a request without a guarded change is never refused, nor one for what is being deleted',
  t => {
    fc.assert(
      fc.property(anyCase, fc.jsonValue(), fc.boolean(), ({ request, context }, value, deleted) => {
        const old = request.object ?? {}
        const metadata = old.metadata as Values
        const stored = deleted
          ? { ...old, metadata: { ...metadata, deletionTimestamp: '2026-11-23T08:00:00Z' } }
          : old
        const elsewhere = {
          ...old,
          spec: { ...(old.spec as Values), anything: value },
          status: value,
          metadata: {
            ...metadata,
            labels: value,
            finalizers: value,
            annotations: { ...annotationsOf(old), other: JSON.stringify(value) },
          },
        }
        const object = deleted ? (request.oldObject ?? elsewhere) : elsewhere
        return decide('validate', requestOf('UPDATE', object, stored), context).allowed
      }),
      RUNS,
    )
    t.end()
  },
)

t.test(
  'an exception excuses its own rule, what its bound admits, until its end, and only when approved',
  t => {
    const grants = fc.subarray([...RULE_IDS], { minLength: 8 })
    // Often the same before and after, which is when nothing need be approved and nothing more is covered.
    const both = fc
      .tuple(exceptionsTo(3, 6), exceptionsTo(3, 6), fc.constantFrom('same', 'both', 'new'))
      .map(([before, after, how]): [Texts, Texts] =>
        how === 'same'
          ? [after, after]
          : how === 'both'
            ? [before, { ...before, ...after }]
            : [{}, after],
      )
    let excusedEver = 0
    fc.assert(
      fc.property(anyCase, both, grants, ({ request, context }, [before, after], granted) => {
        const old =
          request.oldObject &&
          withAnnotations(request.oldObject, {
            ...withoutExceptions(request.oldObject),
            ...before,
          })
        const object = withAnnotations(request.object ?? {}, {
          ...withoutExceptions(request.object),
          ...after,
        })
        const { findings } = decide(
          'validate',
          { ...request, object, oldObject: old },
          {
            ...context,
            facts: { ...context.facts, synced: true },
            approvals: approving(...granted),
          },
        )
        for (const finding of findings.filter(({ effect }) => effect === 'excused')) {
          excusedEver++
          const { rule, change, bound: needed } = finding
          const key = `exception.migration-guard.io/${rule}`
          const { expires, bound, reason } = JSON.parse(after[key] ?? 'null')
          const changed = before[key] !== after[key] || old === null
          const end = Date.parse(`${expires}T23:59:59.999Z`)
          const admitted =
            bound === undefined
              ? changed || change === 'kept'
              : needed !== null &&
                Object.entries(needed).every(([name, value]) => {
                  const limit = bound[name]
                  return typeof value === 'number'
                    ? typeof limit === 'number' && value <= limit
                    : [limit, `openshift-cnv/${limit}`].includes(value)
                })
          const problems = [
            reason.length >= 10 || 'short',
            end > NOW || 'expired',
            !changed || end <= NOW + 720 * 3600_000 || 'too long',
            !changed || granted.includes(rule) || 'not approved',
            !['invalid-value', 'exception-unauthorised', 'exception-invalid'].includes(rule) ||
              'never waivable',
            admitted || 'not admitted',
          ].filter(problem => problem !== true)
          if (problems.length > 0) throw new Error(`${rule}: ${problems.join()}`)
        }
      }),
      { numRuns: 2000 },
    )
    t.ok(excusedEver > 50, `and something was excused (${excusedEver})`)
    t.end()
  },
)

t.test(
  'a decision is the same for the same input, says why it refuses, and spares the operator',
  t => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(...WEBHOOKS), ({ request, context }, webhook) => {
        const decision = decide(webhook, request, context)
        const { allowed, findings, failure, code, outcome } = decision
        const denied = findings.some(({ effect }) => effect === 'deny')
        const synced = { ...context, facts: { ...context.facts, synced: true } }
        return (
          JSON.stringify(decision) === JSON.stringify(decide(webhook, request, context)) &&
          (webhook === 'validate' ? allowed === !(denied || failure !== null) : allowed) &&
          (outcome === 'denied') === !allowed &&
          (allowed ? code === 200 : [403, 422, 503].includes(code)) &&
          (allowed || decide('validate', { ...request, userInfo: OPERATOR }, synced).allowed)
        )
      }),
      RUNS,
    )
    t.end()
  },
)
