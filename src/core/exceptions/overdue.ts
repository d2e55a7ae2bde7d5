import type { DecisionContext } from '../decision-context.ts'
import type { States } from '../judging/states.ts'
import type { Situation } from '../judging/subject.ts'
import { boundsOf, type Violation } from '../rules/violation.ts'
import type { Scope } from '../scope.ts'
import { boundAdmits, type ExceptionEntry, type PolicyException } from './exception.ts'

/**
 * When the exception for a violation expired, where the policy says `onExpiry: deny` and this request works on the settings,
 * or takes that exception away: a violation must not become an ordinary one by forgetting that it was excused.
 */
export function expiredFor(
  violation: Violation,
  { exceptions, oldExceptions, situation }: States,
  { settingsChanged }: Scope,
  { policy, now }: Pick<DecisionContext, 'policy' | 'now'>,
): string | null {
  if (policy.exceptions.onExpiry !== 'deny') return null
  const isExpired = ({ exception }: ExceptionEntry) =>
    exception !== null &&
    exception.rule === violation.rule &&
    exception.expiresAt <= now &&
    hasCovered(exception, violation, situation)
  const was = oldExceptions.find(isExpired)
  const found = exceptions.find(isExpired) ?? was
  if (found === undefined) return null
  const dropped =
    was !== undefined &&
    !exceptions.some(({ name, text }) => name === was.name && text === was.text)
  return settingsChanged || dropped ? (found.exception?.expires ?? null) : null
}

// One without a bound covered what its own object set.
function hasCovered(
  { bound }: PolicyException,
  violation: Violation,
  { subjectPolicy }: Situation,
): boolean {
  if (bound === null) return (violation.bound?.policy ?? null) === subjectPolicy
  return boundsOf(violation).some(needed => needed !== null && boundAdmits(bound, needed))
}
