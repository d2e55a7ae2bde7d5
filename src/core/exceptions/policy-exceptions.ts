import { EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
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
  let byName: ReadonlyMap<string, MigrationPolicy> | null = null
  return violation => {
    if (violation.cause === undefined) return null
    byName ??= new Map(facts.migrationPolicies.map(each => [each.name, each]))
    const carrier = byName.get(violation.cause)
    const entry = carrier && standingException(carrier, EXCEPTION_PREFIX + violation.rule, terms)
    return entry ? excuseFor(violation, [entry], [], () => false) : null
  }
}

/** The exception that an annotation of a MigrationPolicy holds as of now; null without the annotation. */
export function standingException(
  { exceptions }: Pick<MigrationPolicy, 'exceptions'>,
  key: string,
  terms: Terms,
): ExceptionEntry | null {
  const text = exceptions[key]
  if (text === undefined) return null
  const readings = readingsOf(exceptions, terms)
  const read = readings.get(key) ?? readText(key, text, terms)
  readings.set(key, read)
  return toEntry(key, text, false, read, terms)
}

type Readings = Map<string, ReturnType<typeof readText>>

const byTexts = new WeakMap<MigrationPolicy['exceptions'], ReadingTerms & { readings: Readings }>()

// Each text is read once, when it is first asked for, and not for each request: it stays as long as the policy does.
function readingsOf(texts: MigrationPolicy['exceptions'], terms: ReadingTerms): Readings {
  const { readYaml, namespace } = terms
  const known = byTexts.get(texts)
  if (known?.readYaml === readYaml && known.namespace === namespace) return known.readings
  const readings: Readings = new Map()
  byTexts.set(texts, { readYaml, namespace, readings })
  return readings
}
