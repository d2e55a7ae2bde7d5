import { CATALOGUE } from '../rules/catalogue.ts'
import { boundsOf, type Violation } from '../rules/violation.ts'
import type { Unapproved } from './approval.ts'
import { boundAdmits, type ExceptionEntry, type PolicyException } from './exception.ts'

/**
 * The exception that excuses a violation.
 *
 * An exception with a bound covers whatever its bound admits. One without a bound covers what is set by the request that adds
 * it, and afterwards what is kept: the ratchet lets that only stay or improve.
 */
export function excuseFor(
  violation: Pick<Violation, 'rule' | 'bound' | 'otherBounds'>,
  entries: readonly ExceptionEntry[],
  unapproved: readonly Unapproved[],
  coversUnbound: (entry: ExceptionEntry) => boolean,
): PolicyException | null {
  if (!CATALOGUE[violation.rule].waivable) return null
  const entry = entries.find(({ name }) => name === violation.rule)
  if (!entry || entry.exception === null || entry.problem !== null) return null
  if (unapproved.some(({ field }) => field === entry.field)) return null
  const { bound } = entry.exception
  if (bound === null) return coversUnbound(entry) ? entry.exception : null
  const admitted = boundsOf(violation).every(
    needed => needed !== null && boundAdmits(bound, needed),
  )
  return admitted ? entry.exception : null
}
