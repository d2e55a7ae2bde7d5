import { EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import { CATALOGUE } from '../rules/catalogue.ts'
import type { Violation } from '../rules/violation.ts'
import type { Scope } from '../scope.ts'
import { type PolicyException, readExceptions } from './exception.ts'
import { excuseFor } from './excuse.ts'

/**
 * The exceptions that stand on the MigrationPolicies themselves, for a request that concerns the HyperConverged. They were
 * approved when they were written.
 *
 * One counts for what its own policy causes by itself, and as far as its bound names it: the settings may have changed since,
 * so without a bound nobody can tell any more what was approved. A request for a MigrationPolicy can take VMs from one policy
 * and leave them to another, of which no exception knows: there, none of another policy counts.
 */
export function standingExcuses(
  { kind }: Pick<Scope, 'kind'>,
  { facts, policy, now, readYaml }: DecisionContext,
): (violation: Violation) => PolicyException | null {
  if (kind !== 'HyperConverged') return () => null
  const terms = {
    policy,
    now,
    readYaml,
    namespace: facts.namespace,
    isWaivable: (rule: Violation['rule']) => CATALOGUE[rule].waivable,
  }
  return violation => {
    if (violation.cause === undefined) return null
    const key = EXCEPTION_PREFIX + violation.rule
    const carrier = facts.migrationPolicies.find(({ name }) => name === violation.cause)
    const text = carrier?.exceptions[key]
    if (text === undefined) return null
    const stored = { [key]: text }
    return excuseFor(violation, readExceptions(stored, stored, terms), [], () => false)
  }
}
