import { EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import { CATALOGUE } from '../rules/catalogue.ts'
import type { RuleId } from '../rules/rule-ids.ts'
import type { Violation } from '../rules/violation.ts'
import type { Scope } from '../scope.ts'
import { type ExceptionEntry, type PolicyException, readExceptions } from './exception.ts'
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
  context: DecisionContext,
): (violation: Violation) => PolicyException | null {
  if (kind !== 'HyperConverged') return () => null
  const { facts } = context
  return violation => {
    if (violation.cause === undefined) return null
    const carrier = facts.migrationPolicies.find(({ name }) => name === violation.cause)
    const text = carrier?.exceptions[EXCEPTION_PREFIX + violation.rule]
    return excuseFor(violation, readStanding(text, violation.rule, context), [], () => false)
  }
}

/** The exception to a rule that stands on an object which the request leaves alone; none where there is no text. */
export function readStanding(
  text: string | undefined,
  rule: RuleId,
  { facts, policy, now, readYaml }: DecisionContext,
): readonly ExceptionEntry[] {
  if (text === undefined) return []
  const stored = { [EXCEPTION_PREFIX + rule]: text }
  return readExceptions(stored, stored, {
    policy,
    now,
    readYaml,
    namespace: facts.namespace,
    isWaivable: name => CATALOGUE[name].waivable,
  })
}
