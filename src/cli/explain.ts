import { EXCEPTION_PREFIX, PREFIX } from '../core/annotations.ts'
import { didYouMean } from '../core/did-you-mean.ts'
import { readyException } from '../core/exceptions/ready-exception.ts'
import { DEFAULT_POLICY } from '../core/policy.ts'
import { CATALOGUE, RULES } from '../core/rules/catalogue.ts'
import type { Rule } from '../core/rules/rule.ts'
import { isRuleId, nearestRuleId, RULE_IDS } from '../core/rules/rule-ids.ts'
import { InputError } from '../input-error.ts'
import { wrap } from './check/output/wrap.ts'
import type { ExitCode } from './exit-codes.ts'
import type { CliIo } from './io.ts'
import { RECORDS, RECORDS_PAGE, TOPICS } from './topics.ts'

export type ExplainFlags = { readonly output?: 'text' | 'json' }

/** Lists the rules, or those about something, or explains one, or a key that none is about; throws an `InputError` for what is none of this. */
export async function runExplain(
  asked: string | undefined,
  { output = 'text' }: ExplainFlags,
  { stdout, now }: Pick<CliIo, 'stdout' | 'now'>,
): Promise<ExitCode> {
  const width = Math.min(stdout.columns ?? 80, 100)
  const name = plainName(asked ?? '')
  if (isRuleId(name)) {
    const rule = CATALOGUE[name]
    stdout.write(output === 'json' ? asJson(toData(rule)) : ruleText(rule, now(), width))
    return 0
  }
  const meaning = RECORDS.get(name)
  if (meaning !== undefined) {
    const text = `${name} (${RECORDS_PAGE})\n\n${wrap(meaning, width).join('\n')}\n`
    stdout.write(output === 'json' ? asJson({ key: name, meaning, page: RECORDS_PAGE }) : text)
    return 0
  }
  const rules = asked === undefined ? RULES : rulesAbout(asked)
  const head = asked === undefined ? '' : headOf(name)
  stdout.write(output === 'json' ? asJson(rules.map(toData)) : `${head}${listText(rules)}`)
  return 0
}

function rulesAbout(asked: string): readonly Rule[] {
  const name = plainName(asked)
  const ids = TOPICS.get(name)
  if (ids !== undefined) return ids.map(id => CATALOGUE[id])
  const meant = nearestName(name)
  const hint = meant === undefined ? 'see "migration-guard explain"' : `did you mean ${meant}?`
  throw new InputError(`there is no rule or setting "${asked}"; ${hint}`)
}

// What all our keys begin with would make each of them look like any other.
function nearestName(name: string): string | undefined {
  const names = [...TOPICS.keys(), ...RECORDS.keys(), ...RULE_IDS]
  const end = didYouMean(withoutPrefix(name), names.map(withoutPrefix))
  return names.find(each => withoutPrefix(each) === end) ?? nearestRuleId(withoutPrefix(name))
}

function withoutPrefix(name: string): string {
  return name.replace(PREFIX, '')
}

// Names are copied out of messages and objects, with what stands around them there.
function plainName(text: string): string {
  return text
    .replace(/^metadata\.annotations\[|^\[|\]$/g, '')
    .replace(/^spec\.(?:virtualization\.)?liveMigrationConfig\./, '')
    .replace(EXCEPTION_PREFIX, '')
}

function headOf(name: string): string {
  return `Rules about ${name}${name.startsWith(PREFIX) ? ' (docs/declare.md)' : ''}:\n\n`
}

function listText(rules: readonly Rule[]): string {
  const width = Math.max(...rules.map(({ id }) => id.length))
  const lines = rules.map(
    ({ id, enforcement, title }) => `${id.padEnd(width)}  ${enforcement}  ${title}`,
  )
  return `${lines.join('\n')}\n\nMore about one: migration-guard explain ${rules[0]?.id}\n`
}

function ruleText(rule: Rule, now: Date, width: number): string {
  const { id, title, enforcement, kinds, trips, rationale, source, remedy } = rule
  const section = (head: string, text: string) =>
    [`${head}:`, ...wrap(text, width - 2).map(line => `  ${line}`)].join('\n')
  const parts = [
    `${id} (default: ${enforcement})\n${title}.`,
    section('Trips when', `${plain(trips)}. Judged on ${kinds.join(' and ')}.`),
    section('Why', plain(rationale)),
    section('Source', plain(source)),
    section('Remedy', plain(remedy)),
    exceptionText(rule, now, section),
    section('In the policy', `rules: {${id}: deny | warn | audit | off}`),
  ]
  return `${parts.join('\n\n')}\n`
}

// The catalogue is written for Markdown; in a terminal code is read without its marks.
function plain(text: string): string {
  return text.replaceAll('`', '')
}

function exceptionText(
  { id }: Rule,
  now: Date,
  section: (head: string, text: string) => string,
): string {
  const { maxDurationSeconds } = DEFAULT_POLICY.exceptions
  const ready = readyException(id, [], now.getTime(), maxDurationSeconds)
  if (ready === null) return section('Exception', 'none: nothing waives this rule.')
  return `${section('Exception', EXCEPTION)}\n\n    ${ready.annotation}`
}

const EXCEPTION =
  'someone who may "approve" the resource "exceptions" of group migration-guard.io with the name of this rule can add the annotation below. A denial prints it with the bound that it needs to cover later requests as well.'

function toData({ check: _, ...data }: Rule): object {
  return data
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}
