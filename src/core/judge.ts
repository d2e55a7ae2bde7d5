import type { AdmissionRequest } from './admission-review.ts'
import type { DecisionContext } from './decision-context.ts'
import type { ExceptionEntry } from './exception.ts'
import { excuseFor } from './excuse.ts'
import type { Finding } from './finding.ts'
import type { Policy } from './policy.ts'
import { indexViolations, isImproved, isIntroduced, type ViolationIndex } from './ratchet.ts'
import { enforcementOf, runRules } from './run-rules.ts'
import type { Scope } from './scope.ts'
import { readStates, type States } from './states.ts'
import type { Violation } from './violation.ts'

/** What is wrong with the new state of a request, with both states. */
export type Judgement = {
  readonly states: States
  readonly findings: readonly Finding[]
  /** True when a violation that is refused is gone or milder than before. */
  readonly improves: boolean
}

type Comparison = {
  readonly request: AdmissionRequest
  readonly scope: Scope
  readonly context: DecisionContext
  readonly states: States
  readonly before: ViolationIndex
  readonly after: ViolationIndex
}

/** Judges a request: every violation of the new state, measured against the old one, the exceptions and the policy. */
export function judge(
  request: AdmissionRequest,
  scope: Scope,
  context: DecisionContext,
): Judgement {
  const states = readStates(request, scope, context)
  const oldViolations = runRules(states.before)
  const violations = runRules(states.after)
  const before = indexViolations(oldViolations)
  const after = indexViolations(violations)
  const comparison = { request, scope, context, states, before, after }
  return {
    states,
    findings: violations.map(violation => toFinding(violation, comparison)),
    improves: oldViolations.some(
      old => enforcementIn(old, context.policy) === 'deny' && isImproved(old, after),
    ),
  }
}

function toFinding(violation: Violation, comparison: Comparison): Finding {
  const { request, scope, context, states, before, after } = comparison
  const { policy, now } = context
  const old = before.find(violation)
  const worse = isIntroduced(violation, before)
  const coversUnbound = (entry: ExceptionEntry) =>
    entry.changed || !worse || request.operation === 'DELETE'
  const excuse = excuseFor(violation, states.exceptions, states.unapproved, coversUnbound)
  const lost = !worse && excuse === null && old !== undefined && wasExcused(old, states)
  const finding = {
    ...violation,
    enforcement: enforcementIn(violation, policy),
    change: worse || lost ? 'introduced' : 'kept',
    exception: excuse && { expires: excuse.expires, reason: excuse.reason },
  } as const
  const overdue =
    policy.exceptions.onExpiry === 'deny' &&
    scope.settingsChanged &&
    hasExpired(violation, states, now) &&
    !(old && isImproved(old, after))
  return { ...finding, effect: effectOf(finding, overdue, scope) }
}

function enforcementIn({ rule, atMost }: Violation, policy: Policy): Finding['enforcement'] {
  const enforcement = enforcementOf(rule, policy)
  if (enforcement === 'audit') return 'audit'
  return enforcement === 'deny' && atMost !== 'warn' ? 'deny' : 'warn'
}

function wasExcused(old: Violation, { oldExceptions }: States): boolean {
  return excuseFor(old, oldExceptions, [], () => true) !== null
}

function effectOf(
  { enforcement, change, exception }: Omit<Finding, 'effect'>,
  overdue: boolean,
  { settingsChanged }: Scope,
): Finding['effect'] {
  if (enforcement === 'audit') return 'record'
  if (exception !== null) return 'excused'
  if (enforcement === 'deny') return change === 'introduced' || overdue ? 'deny' : 'warn'
  // A warning that was there before is repeated only to someone who works on the settings.
  return change === 'introduced' || settingsChanged ? 'warn' : 'record'
}

function hasExpired({ rule }: Violation, { exceptions }: States, now: number): boolean {
  return exceptions.some(
    ({ exception }) => exception !== null && exception.rule === rule && exception.expiresAt <= now,
  )
}
