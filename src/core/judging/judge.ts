import type { AdmissionRequest } from '../admission-review.ts'
import type { DecisionContext } from '../decision-context.ts'
import type { ExceptionEntry, PolicyException } from '../exceptions/exception.ts'
import { excuseFor } from '../exceptions/excuse.ts'
import { findsCoverLost } from '../exceptions/lost-cover.ts'
import { expiredFor } from '../exceptions/overdue.ts'
import { standingExcuses } from '../exceptions/policy-exceptions.ts'
import { remarkOn } from '../exceptions/remark.ts'
import type { Policy } from '../policy.ts'
import type { Violation } from '../rules/violation.ts'
import type { Scope } from '../scope.ts'
import { compareStates, type Measured } from './compare-states.ts'
import type { Finding } from './finding.ts'
import { isImproved } from './ratchet.ts'
import { enforcementOf } from './run-rules.ts'
import { readStates, type States } from './states.ts'

/** What is wrong with the new state of a request, with both states. */
export type Judgement = {
  readonly states: States
  readonly findings: readonly Finding[]
  /** True when a violation that is refused is gone or milder than before. */
  readonly improves: boolean
}

type Weighed = Omit<Finding, 'effect'> & {
  /** When the exception for it expired, where the policy refuses that now. */
  readonly overdueSince: string | null
}

/** Judges a request: every violation of the new state, measured against the old one, the exceptions and the policy. */
export function judge(
  request: AdmissionRequest,
  scope: Scope,
  context: DecisionContext,
): Judgement {
  const states = readStates(request, scope, context)
  const { violations, oldViolations, after } = compareStates(states.before, states.after)
  // Taking away an exception that no longer holds makes no migration safer.
  const improves = oldViolations.some(
    old =>
      old.rule !== 'exception-invalid' &&
      enforcementIn(old, context.policy) === 'deny' &&
      isImproved(old, after),
  )
  const standing = standingExcuses(scope, context)
  const coverLost = findsCoverLost(request, scope, states, context)
  const weighed = violations.map(measured => {
    const finding = weigh(measured, request, states, context.policy, { standing, coverLost })
    const milder = measured.olds.some(old => isImproved(old, after))
    const overdueSince = milder ? null : expiredFor(finding, states, scope, context)
    return { ...finding, overdueSince }
  })
  // Whoever mends something and breaks nothing is not held up by what else is overdue.
  const mends = improves && !weighed.some(isRefused)
  return { states, improves, findings: weighed.map(each => toFinding(each, mends, scope)) }
}

type Covers = {
  readonly standing: ReturnType<typeof standingExcuses>
  readonly coverLost: ReturnType<typeof findsCoverLost>
}

function weigh(
  { violation, olds, worse }: Measured,
  request: AdmissionRequest,
  states: States,
  policy: Policy,
  { standing, coverLost }: Covers,
): Omit<Finding, 'effect'> {
  // A DELETE takes the object away, and the exception on it: what is left is as good as uncovered.
  const stays = request.operation !== 'DELETE'
  const coversUnbound = (entry: ExceptionEntry) => entry.changed || (!worse && stays)
  const found =
    excuseFor(violation, states.exceptions, states.unapproved, coversUnbound) ?? standing(violation)
  // One without a bound lets stay what another one covered, and does not stand in for it.
  const isFirm = found !== null && (found.bound !== null || isAdded(found, states))
  const lost = worse || isFirm ? null : coverLost(violation, olds)
  const isNew = worse || lost !== null
  const excuse = lost === null ? found : null
  return {
    ...violation,
    enforcement: enforcementIn(violation, policy),
    change: isNew ? 'introduced' : 'kept',
    exception: excuse && { expires: excuse.expires, reason: excuse.reason },
    remark: excuse === null && isNew ? remarkOn(violation, request, states, lost) : null,
  }
}

function isAdded(exception: PolicyException, { exceptions }: States): boolean {
  return exceptions.some(entry => entry.exception === exception && entry.changed)
}

function enforcementIn({ rule, atMost }: Violation, policy: Policy): Finding['enforcement'] {
  const enforcement = enforcementOf(rule, policy)
  if (enforcement === 'audit') return 'audit'
  return enforcement === 'deny' && atMost !== 'warn' ? 'deny' : 'warn'
}

function isRefused({ enforcement, exception, change }: Omit<Finding, 'effect'>): boolean {
  return enforcement === 'deny' && exception === null && change === 'introduced'
}

function toFinding({ overdueSince, ...finding }: Weighed, mends: boolean, scope: Scope): Finding {
  if (finding.enforcement === 'audit') return { ...finding, effect: 'record' }
  if (finding.exception !== null) return { ...finding, effect: 'excused' }
  if (isRefused(finding)) return { ...finding, effect: 'deny' }
  if (finding.enforcement === 'deny' && overdueSince !== null && !mends) {
    const consequence = `The exception for it expired (${overdueSince}), and the policy refuses other changes until it is mended.`
    return { ...finding, consequence, effect: 'deny' }
  }
  // A warning that was there before is repeated only to someone who works on the settings.
  const shown =
    finding.enforcement === 'deny' || finding.change === 'introduced' || scope.settingsChanged
  return { ...finding, effect: shown ? 'warn' : 'record' }
}
