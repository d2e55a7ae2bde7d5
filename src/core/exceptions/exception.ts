import { annotationPath, EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import { printable, show } from '../json.ts'
import { CATALOGUE } from '../rules/catalogue.ts'
import { isRuleId, type RuleId } from '../rules/rule-ids.ts'
import type { Bound } from '../rules/violation.ts'
import { type ReadingTerms, readException } from './exception-text.ts'

/** A policy exception that can be honoured: it names a rule, says why, and ends. */
export type PolicyException = {
  readonly rule: RuleId
  readonly reason: string
  readonly ticket: string | null
  /** As written. */
  readonly expires: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
  /** null: covers only what the request that adds it sets. */
  readonly bound: Readonly<Record<string, number | readonly string[]>> | null
}

/** One annotation under the exception prefix, honoured or not. */
export type ExceptionEntry = {
  /** What stands after the prefix; a rule id when all is well. */
  readonly name: string
  readonly field: string
  /** True when this request adds or changes it. */
  readonly changed: boolean
  /** The text of the annotation. */
  readonly text: string
  readonly exception: PolicyException | null
  /** Why it cannot be honoured now; null when it can. */
  readonly problem: string | null
}

/** What an exception is read and judged with. */
export type Terms = ReadingTerms & Pick<DecisionContext, 'now' | 'policy'>

/** Reads every exception of an object; each is judged by itself, so a bad one never spoils the others. */
export function readExceptions(
  annotations: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  terms: Terms,
): readonly ExceptionEntry[] {
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(EXCEPTION_PREFIX))
    .map(([key, text]) =>
      toEntry(key, text, before[key] !== text, readText(key, text, terms), terms),
    )
}

/** The exception that an annotation holds, or why it holds none; as long as the terms of reading stay, so does the result. */
export function readText(key: string, text: string, terms: ReadingTerms): PolicyException | string {
  const name = key.slice(EXCEPTION_PREFIX.length)
  if (!isRuleId(name)) return `${show(name)} is not the id of a rule`
  if (!CATALOGUE[name].waivable) return `${name} cannot be waived`
  return readException(name, text, terms)
}

/** Judges what was read of an annotation as of now. */
export function toEntry(
  key: string,
  text: string,
  changed: boolean,
  read: PolicyException | string,
  terms: Terms,
): ExceptionEntry {
  const entry = {
    name: key.slice(EXCEPTION_PREFIX.length),
    field: annotationPath(key),
    changed,
    text,
  }
  return typeof read === 'string'
    ? { ...entry, exception: null, problem: read }
    : { ...entry, exception: read, problem: findTimeProblem(read, changed, terms) }
}

function findTimeProblem(exception: PolicyException, changed: boolean, { now, policy }: Terms) {
  const { expires, expiresAt } = exception
  if (expiresAt <= now) return `it expired on ${printable(expires)}`
  const longest = policy.exceptions.maxDurationSeconds
  if (changed && expiresAt > now + longest * 1000)
    return `expires ${show(expires)} is more than ${longest / 3600} h ahead; the policy allows no longer`
  return null
}

/** What a bound calls the cluster settings beside MigrationPolicies; no policy can have this name. */
export const CLUSTER_SETTINGS = '(cluster settings)'

/** True when the exception's bound admits what the violation needs. */
export function boundAdmits(
  granted: NonNullable<PolicyException['bound']>,
  needed: Bound,
): boolean {
  // What is granted for a policy is granted for the VMs it wins; the cluster settings have to be named as well.
  if (granted.policy !== undefined && needed.policy === undefined)
    return boundAdmits(granted, { ...needed, policy: CLUSTER_SETTINGS })
  return Object.entries(needed).every(([key, value]) => {
    const limit = granted[key]
    if (typeof limit === 'number') return typeof value === 'number' && value <= limit
    return limit?.some(name => name === value) ?? false
  })
}
