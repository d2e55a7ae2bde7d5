import type { DecisionContext } from './decision-context.ts'
import type { ExceptionEntry } from './exception.ts'
import type { RuleId } from './rule-ids.ts'
import type { Scope } from './scope.ts'
import type { States } from './states.ts'

/**
 * When the exception to a rule expired, where the policy says `onExpiry: deny` and this request works on the settings, or
 * takes that exception away: a violation must not become an ordinary one by forgetting that it was excused.
 */
export function expiredFor(
  rule: RuleId,
  { exceptions, oldExceptions }: Pick<States, 'exceptions' | 'oldExceptions'>,
  { settingsChanged }: Scope,
  { policy, now }: Pick<DecisionContext, 'policy' | 'now'>,
): string | null {
  if (policy.exceptions.onExpiry !== 'deny') return null
  const isExpired = ({ exception }: ExceptionEntry) =>
    exception !== null && exception.rule === rule && exception.expiresAt <= now
  const was = oldExceptions.find(isExpired)
  const found = exceptions.find(isExpired) ?? was
  if (found === undefined) return null
  const dropped =
    was !== undefined &&
    !exceptions.some(({ name, text }) => name === was.name && text === was.text)
  return settingsChanged || dropped ? (found.exception?.expires ?? null) : null
}
