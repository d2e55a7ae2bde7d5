import { EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import type { ClusterFacts } from '../facts/cluster-facts.ts'
import type { MigrationPolicy } from '../facts/migration-policy.ts'
import type { Violation } from '../rules/violation.ts'
import type { Scope } from '../scope.ts'
import {
  type ExceptionEntry,
  type PolicyException,
  readText,
  type Terms,
  toEntry,
} from './exception.ts'
import type { ReadingTerms } from './exception-text.ts'
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
  const terms = { policy, now, readYaml, namespace: facts.namespace }
  return violation => {
    if (violation.cause === undefined) return null
    const carrier = policyNamed(violation.cause, facts)
    const entries = standingException(carrier?.exceptions, EXCEPTION_PREFIX + violation.rule, terms)
    return excuseFor(violation, entries, [], () => false)
  }
}

type Policies = Pick<ClusterFacts, 'migrationPolicies'>

const byName = new WeakMap<Policies['migrationPolicies'], ReadonlyMap<string, MigrationPolicy>>()

/** The MigrationPolicy of that name. It is asked for once for each violation, of which there may be one for each policy. */
export function policyNamed(
  name: string,
  { migrationPolicies }: Policies,
): MigrationPolicy | undefined {
  const found = byName.get(migrationPolicies)
  const names = found ?? new Map(migrationPolicies.map(each => [each.name, each]))
  if (!found) byName.set(migrationPolicies, names)
  return names.get(name)
}

/** The exception that one of the annotations of an object holds as of now; none without that annotation. */
export function standingException(
  annotations: Annotations | undefined,
  key: string,
  terms: Terms,
): readonly ExceptionEntry[] {
  const text = annotations?.[key]
  if (annotations === undefined || text === undefined) return []
  const readings = readingsOf(annotations, terms)
  const read = readings.get(key) ?? readText(key, text, terms)
  readings.set(key, read)
  return [toEntry(key, text, false, read, terms)]
}

type Annotations = Readonly<Record<string, string>>
type Readings = Map<string, ReturnType<typeof readText>>

const known = new WeakMap<Annotations, ReadingTerms & { readings: Readings }>()

// Each text is read once, when it is first asked for, and not for each request: those of a policy stay as long as it does.
function readingsOf(annotations: Annotations, { readYaml, namespace }: ReadingTerms): Readings {
  const found = known.get(annotations)
  if (found?.readYaml === readYaml && found.namespace === namespace) return found.readings
  const readings: Readings = new Map()
  known.set(annotations, { readYaml, namespace, readings })
  return readings
}
