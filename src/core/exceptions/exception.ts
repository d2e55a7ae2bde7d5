import { annotationPath, EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import { POD_NETWORK, qualify } from '../facts/migration-network.ts'
import { isObject, own, printable, show } from '../json.ts'
import { isRuleId, type RuleId } from '../rules/rule-ids.ts'
import type { Bound } from '../rules/violation.ts'
import { FIELDS, isFieldName } from '../settings/live-migration-config.ts'
import { readExpiry } from './exception-expiry.ts'

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

type ReadingContext = Pick<DecisionContext, 'now' | 'policy' | 'readYaml'> & {
  readonly namespace: string
  readonly isWaivable: (rule: RuleId) => boolean
}

/** Reads every exception of an object; each is judged by itself, so a bad one never spoils the others. */
export function readExceptions(
  annotations: Readonly<Record<string, string>>,
  before: Readonly<Record<string, string>>,
  context: ReadingContext,
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
        ...readEntry(name, text, changed, context),
      }
    })
}

function readEntry(name: string, text: string, changed: boolean, context: ReadingContext) {
  if (!isRuleId(name)) return { exception: null, problem: `${show(name)} is not the id of a rule` }
  if (!context.isWaivable(name)) return { exception: null, problem: `${name} cannot be waived` }
  if (text.length > LONGEST)
    return { exception: null, problem: `is longer than ${LONGEST} characters` }
  let value: unknown
  try {
    value = context.readYaml(text)
  } catch (error) {
    return { exception: null, problem: `cannot be read: ${(error as Error).message}` }
  }
  const read = readFields(name, value, context.namespace)
  if (typeof read === 'string') return { exception: null, problem: read }
  return { exception: read, problem: findTimeProblem(read, changed, context) }
}

/** The most characters of an exception: it is parsed while the client waits, and a reason and a bound are short. */
export const LONGEST = 2048

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

function findTimeProblem(
  exception: PolicyException,
  changed: boolean,
  { now, policy }: ReadingContext,
) {
  const { expires, expiresAt } = exception
  if (expiresAt <= now) return `it expired on ${printable(expires)}`
  const longest = policy.exceptions.maxDurationSeconds
  if (changed && expiresAt > now + longest * 1000)
    return `expires ${show(expires)} is more than ${longest / 3600} h ahead; the policy allows no longer`
  return null
}

const KEYS: readonly string[] = ['reason', 'expires', 'ticket', 'bound']
const SHORTEST_REASON = 10

function readFields(rule: RuleId, value: unknown, namespace: string): PolicyException | string {
  if (!isObject(value)) return `is ${show(value)}; expected {reason, expires, ticket?, bound?}`
  const problems = Object.keys(value)
    .filter(key => !KEYS.includes(key))
    .map(key => `has the unknown key ${show(key)}; known are ${KEYS.join(', ')}`)
  const reason = own(value, 'reason')
  if (typeof reason !== 'string' || visibleLength(reason) < SHORTEST_REASON)
    problems.push(
      `reason is ${show(reason)}; expected text of at least ${SHORTEST_REASON} characters`,
    )
  const ticket = own(value, 'ticket')
  if (ticket !== undefined && typeof ticket !== 'string')
    problems.push(`ticket is ${show(ticket)}, not text`)
  const expires = own(value, 'expires')
  const expiresAt = typeof expires === 'string' ? readExpiry(expires) : undefined
  if (expiresAt === undefined)
    problems.push(
      `expires is ${show(expires)}; expected a date such as "2026-12-31" or a time such as "2026-12-31T18:00:00Z"`,
    )
  const bound = readBound(own(value, 'bound'), namespace)
  if (typeof bound === 'string') problems.push(bound)
  if (problems.length > 0 || typeof bound === 'string' || expiresAt === undefined)
    return problems.join('; ')
  const texts = { reason: String(reason).trim(), expires: String(expires) }
  return { rule, ...texts, ticket: ticket === undefined ? null : String(ticket), expiresAt, bound }
}

// Ten characters that nobody can see are no reason.
function visibleLength(text: string): number {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '').trim().length
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
  if (key === 'network' || key === 'policy') {
    const names: readonly unknown[] = Array.isArray(item) ? item : [item]
    const kind = key === 'network' ? 'network' : 'MigrationPolicy'
    if (!names.every(name => typeof name === 'string'))
      return `bound.${key} is ${show(item)}, not the name of a ${kind}`
    if (key === 'policy') return names
    return names.map(name => (name === POD_NETWORK ? name : qualify(name, namespace)))
  }
  if (!isFieldName(key) || !FIELDS[key].startsWith('int'))
    return `bound has the unknown key ${show(key)}; expected a numeric setting, network or policy`
  if (typeof item !== 'number' || !Number.isInteger(item))
    return `bound.${key} is ${show(item)}, not a whole number`
  return item
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
