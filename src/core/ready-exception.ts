import { EXCEPTION_PREFIX } from './annotations.ts'
import { printable } from './json.ts'
import { CATALOGUE } from './rules/catalogue.ts'
import type { Violation } from './violation.ts'

/** What comes before a ready exception. */
export const EXCEPTION_LEAD = 'someone who may approve it can add the annotation'

const WEEK_SECONDS = 7 * 86_400

// Shorter than an exception accepts, so that nobody pastes it as it is.
const REASON = '<reason>'

/** The ready annotation that would excuse a violation for a week, or as long as the policy allows; null where none can. */
export function readyException(
  { rule, bound }: Pick<Violation, 'rule' | 'bound'>,
  now: number,
  maxSeconds: number,
): string | null {
  if (!CATALOGUE[rule].waivable) return null
  const seconds = Math.min(WEEK_SECONDS, maxSeconds)
  const end = new Date(now + seconds * 1000)
  // A date means its end, so a limit of less than a week needs a time.
  const expires =
    seconds < WEEK_SECONDS ? end.toISOString().replace(/\.\d+/, '') : end.toISOString().slice(0, 10)
  const value = JSON.stringify({ reason: REASON, expires, ...(bound === null ? {} : { bound }) })
  return `${EXCEPTION_PREFIX}${rule}: '${printable(value, 1024).replaceAll("'", "''")}'`
}
