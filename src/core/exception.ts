import { annotationPath, EXCEPTION_PREFIX } from './annotations.ts'
import type { DecisionContext } from './decision-context.ts'
import { readExpiry } from './exception-expiry.ts'
import { isObject, own, show } from './json.ts'
import { FIELDS, isFieldName } from './live-migration-config.ts'
import { POD_NETWORK, qualify } from './migration-network.ts'
import { isRuleId, type RuleId } from './rule-ids.ts'
import type { Bound } from './violation.ts'

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

type Terms = Pick<DecisionContext, 'now' | 'policy' | 'readYaml'> & {
  readonly namespace: string
  readonly isWaivable: (rule: RuleId) => boolean
}

/** Reads every exception of an object; each is judged by itself, so a bad one never spoils the others. */
export function readExceptions(
  annotations: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  terms: Terms,
): readonly ExceptionEntry[] {
  return Object.entries(annotations)
    .filter(([key]) => key.startsWith(EXCEPTION_PREFIX))
    .map(([key, text]) => {
      const name = key.slice(EXCEPTION_PREFIX.length)
      const changed = before[key] !== text
      return {
        name,
        field: annotationPath(key),
        changed,
        text,
        ...readEntry(name, text, changed, terms),
      }
    })
}

function readEntry(name: string, text: string, changed: boolean, terms: Terms) {
  if (!isRuleId(name)) return { exception: null, problem: `${show(name)} is not the id of a rule` }
  if (!terms.isWaivable(name)) return { exception: null, problem: `${name} cannot be waived` }
  if (text.length > LONGEST)
    return { exception: null, problem: `is longer than ${LONGEST} characters` }
  let value: unknown
  try {
    value = terms.readYaml(text)
  } catch (error) {
    return { exception: null, problem: `cannot be read: ${(error as Error).message}` }
  }
  const read = readFields(name, value, terms.namespace)
  if (typeof read === 'string') return { exception: null, problem: read }
  return { exception: read, problem: findTimeProblem(read, changed, terms) }
}

// Whatever is read on the way of a request is small; a reason and a bound are.
const LONGEST = 2048

/** The texts among annotations that may be exceptions: few and short, whatever else stands there. */
export function exceptionTexts(
  annotations: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const texts = Object.entries(annotations).filter(
    ([key, text]) =>
      key.startsWith(EXCEPTION_PREFIX) &&
      isRuleId(key.slice(EXCEPTION_PREFIX.length)) &&
      text.length <= LONGEST,
  )
  return Object.fromEntries(texts)
}

function findTimeProblem(exception: PolicyException, changed: boolean, { now, policy }: Terms) {
  const { expires, expiresAt } = exception
  if (expiresAt <= now) return `expired: expires is ${show(expires)}`
  const longest = policy.exceptions.maxDurationSeconds
  if (changed && expiresAt > now + longest * 1000)
    return `expires ${show(expires)} is more than ${longest / 3600} h ahead; the policy allows no longer`
  return null
}

const KEYS: readonly string[] = ['reason', 'expires', 'ticket', 'bound']
const SHORTEST_REASON = 10

function readFields(rule: RuleId, value: unknown, namespace: string): PolicyException | string {
  if (!isObject(value)) return `is ${show(value)}; expected {reason, expires, ticket?, bound?}`
  const stranger = Object.keys(value).find(key => !KEYS.includes(key))
  if (stranger !== undefined)
    return `has the unknown key ${show(stranger)}; known are ${KEYS.join(', ')}`
  const reason = own(value, 'reason')
  if (typeof reason !== 'string' || reason.trim().length < SHORTEST_REASON)
    return `reason is ${show(reason)}; expected text of at least ${SHORTEST_REASON} characters`
  const ticket = own(value, 'ticket')
  if (ticket !== undefined && typeof ticket !== 'string')
    return `ticket is ${show(ticket)}, not text`
  const expires = own(value, 'expires')
  const expiresAt = typeof expires === 'string' ? readExpiry(expires) : undefined
  if (typeof expires !== 'string' || expiresAt === undefined)
    return `expires is ${show(expires)}; expected a date such as "2026-12-31" or a time such as "2026-12-31T18:00:00Z"`
  const bound = readBound(own(value, 'bound'), namespace)
  if (typeof bound === 'string') return bound
  return { rule, reason: reason.trim(), ticket: ticket ?? null, expires, expiresAt, bound }
}

function readBound(value: unknown, namespace: string): PolicyException['bound'] | string {
  if (value === undefined) return null
  if (!isObject(value) || Object.keys(value).length === 0)
    return `bound is ${show(value)}; expected such as {parallelMigrationsPerCluster: 20}`
  const bound: Record<string, number | readonly string[]> = Object.create(null)
  for (const [key, item] of Object.entries(value)) {
    const read = readBoundItem(key, item, namespace)
    if (typeof read === 'string') return read
    bound[key] = read
  }
  return bound
}

function readBoundItem(
  key: string,
  item: unknown,
  namespace: string,
): number | readonly string[] | string {
  if (key === 'network') {
    if (typeof item !== 'string') return `bound.network is ${show(item)}, not the name of a network`
    return [item === POD_NETWORK ? item : qualify(item, namespace)]
  }
  if (key === 'policy') {
    const names = Array.isArray(item) ? item : [item]
    return names.every(name => typeof name === 'string')
      ? names
      : `bound.policy is ${show(item)}, not the name of a MigrationPolicy`
  }
  if (!isFieldName(key) || !FIELDS[key].startsWith('int'))
    return `bound has the unknown key ${show(key)}; expected a numeric setting, network or policy`
  if (typeof item !== 'number' || !Number.isInteger(item))
    return `bound.${key} is ${show(item)}, not a whole number`
  return item
}

/** True when the exception's bound admits what the violation needs. */
export function boundAdmits(
  granted: NonNullable<PolicyException['bound']>,
  needed: Bound,
): boolean {
  return Object.entries(needed).every(([key, value]) => {
    const limit = granted[key]
    if (typeof limit === 'number') return typeof value === 'number' && value <= limit
    return limit?.some(name => name === value) ?? false
  })
}
