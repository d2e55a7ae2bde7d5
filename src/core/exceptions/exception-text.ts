import { EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import { POD_NETWORK, qualify } from '../facts/migration-network.ts'
import { isObject, own, show } from '../json.ts'
import { isRuleId, type RuleId } from '../rules/rule-ids.ts'
import { FIELDS, isFieldName } from '../settings/live-migration-config.ts'
import type { PolicyException } from './exception.ts'
import { readExpiry } from './exception-expiry.ts'

/** What the text of an exception is read with. */
export type ReadingTerms = Pick<DecisionContext, 'readYaml'> & {
  /** Where a network without a namespace is. */
  readonly namespace: string
}

/** Reads the text of an exception to a rule, or says why it cannot be honoured, whenever that is. */
export function readException(
  rule: RuleId,
  text: string,
  { readYaml, namespace }: ReadingTerms,
): PolicyException | string {
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters`
  let value: unknown
  try {
    value = readYaml(text)
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`
  }
  return readFields(rule, value, namespace)
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
