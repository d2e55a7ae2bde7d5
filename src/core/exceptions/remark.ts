import type { AdmissionRequest } from '../admission-review.ts'
import { printable } from '../json.ts'
import type { States } from '../judging/states.ts'
import { CATALOGUE } from '../rules/catalogue.ts'
import type { Violation } from '../rules/violation.ts'
import type { PolicyException } from './exception.ts'
import type { CoverLost } from './lost-cover.ts'

/**
 * What whoever is refused has to know besides the violation: that an exception is there and is not approved or does not cover
 * it, or that what the request takes away is what kept it off. Null where there is nothing of the sort.
 */
export function remarkOn(
  { rule, cause }: Violation,
  { operation, kind }: AdmissionRequest,
  { exceptions, unapproved }: Pick<States, 'exceptions' | 'unapproved'>,
  lost: CoverLost | null,
): string | null {
  if (!CATALOGUE[rule].waivable) return null
  const there = exceptions.find(({ name, problem }) => name === rule && problem === null)
  if (there && unapproved.some(({ field }) => field === there.field)) return UNAPPROVED
  if (there?.exception) return coverage(there.exception, operation)
  if (lost === 'elsewhere') return LOST_ELSEWHERE
  if (lost === 'own') return takenAway(cause, kind.kind)
  if (operation === 'DELETE' && kind.kind === 'MigrationPolicy')
    return 'Deleting this MigrationPolicy would do that; an exception with a bound has to be put on it before.'
  return null
}

const LOST_ELSEWHERE =
  'Before, an exception covered it that stands on another object; what this request makes of it is not covered any more.'

function takenAway(cause: string | undefined, kind: string): string {
  const ways =
    cause === undefined || kind === 'MigrationPolicy'
      ? 'or keep the exception'
      : `keep the exception, or first put one with a bound on MigrationPolicy ${printable(cause, 80)}`
  return `This request takes away the exception that covered it: mend it in the same request, ${ways}.`
}

const UNAPPROVED =
  'The exception that is there does not count: nobody who may has approved it (see exception-unauthorised).'

function coverage(
  { bound, expires }: PolicyException,
  operation: AdmissionRequest['operation'],
): string {
  if (bound === null)
    return `The exception that is there has no bound: it covers what the request set that added it, and no ${operation === 'DELETE' ? 'deletion. One with a bound has to take its place before' : 'more'}.`
  const parts = Object.entries(bound).map(([key, limit]) =>
    typeof limit === 'number' ? `${key} up to ${limit}` : `${key} ${limit.join(' or ')}`,
  )
  return `The exception that is there covers ${printable(parts.join(', '), 200)}, until ${printable(expires)}.`
}
