import type { Outcome } from '../conclude.ts'
import { show } from '../json.ts'
import type { Finding } from '../judging/finding.ts'
import type { RuleId } from '../rules/rule-ids.ts'

/** `[rule] path is value: what is wrong`. */
export function violationText(finding: Finding): string {
  return withRule(finding.rule, statementOf(finding))
}

/** The same with what would happen and what else has to be known. */
export function fullText(finding: Finding): string {
  return withRule(finding.rule, fullStatementOf(finding))
}

/** A text with the rule in front, as messages name it. */
export function withRule(rule: RuleId, text: string): string {
  return `[${rule}] ${text}`
}

/** `path is value: what is wrong, what would happen, and what else has to be known`. */
export function fullStatementOf(finding: Finding): string {
  const { consequence, remark } = finding
  return [statementOf(finding), consequence, remark ?? ''].filter(text => text !== '').join(' ')
}

function statementOf({ field, setting, value, message }: Finding): string {
  if (value === null || value === undefined) return `${field}: ${message}`
  // An annotation is no setting: it makes one what it is.
  const named = setting && !field.endsWith(setting) ? `${field} makes ${setting}` : `${field} is`
  return `${named} ${show(value)}: ${message}`
}

/** What comes before the text of a finding that did not refuse the request: why it did not. */
export function leadOf({ effect, enforcement, exception }: Finding, outcome: Outcome): string {
  if (effect === 'deny')
    return outcome === 'allowed-operator'
      ? 'would be refused for anybody else: '
      : 'would be refused: '
  if (effect === 'excused') return `allowed by exception until ${exception?.expires}: `
  return effect === 'warn' && enforcement === 'deny' ? 'kept, would be refused today: ' : ''
}
