import type { ReadyException } from '../../../core/exceptions/ready-exception.ts'
import { printable } from '../../../core/json.ts'
import { withRule } from '../../../core/messages/finding-text.ts'
import type { CheckedFinding, CheckedObject, CheckReport, KindCount, Place } from '../report.ts'

/** `file:line:column`, which terminals and editors turn into a link; the file alone where the place is all of it. */
export function placeText({ file, line, column }: Place): string {
  const name = printable(file, 1000)
  return line === 0 ? name : `${name}:${line}:${column}`
}

/** `HyperConverged openshift-cnv/kubevirt-hyperconverged`. */
export function objectText({
  kind,
  namespace,
  name,
}: Pick<CheckedObject, 'kind' | 'namespace' | 'name'>): string {
  return `${kind} ${printable(namespace === '' ? name : `${namespace}/${name}`, 200)}`
}

/** What a finding says, with the rule in front. */
export function findingText({ lead, rule, statement }: CheckedFinding): string {
  return `${lead}${withRule(rule, statement)}`
}

/** How to excuse a finding, as a denial says it. */
export function waiverText({ lead, annotation }: ReadyException): string {
  return `${lead}\n    ${annotation}`
}

/** What to do about a finding; of one that is excused, why it is. */
export function adviceText({ fix, exception }: CheckedFinding): string {
  return exception === null ? `fix: ${fix}` : `reason: ${printable(exception.reason, 300)}`
}

/** `3 warnings`, `1 warning`. */
export function countText(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
}

/** What a run comes to, in one line. */
export function summaryText({ summary, facts, skipped }: CheckReport): string {
  const { checked, files, denied, warnings, excused, audited, problems } = summary
  const parts = [
    denied === 0 ? 'nothing denied' : `${denied} denied`,
    warnings === 0 ? 'no warnings' : countText(warnings, 'warning'),
    ...(excused === 0 ? [] : [`${excused} waived`]),
    ...(audited === 0 ? [] : [`${audited} for the audit log alone`]),
    ...(problems === 0 ? [] : [`${countText(problems, 'error')} in the input`]),
  ]
  const rest = [counted('; taken as facts: ', facts), counted('; skipped: ', skipped)].join('')
  return `${countText(checked, 'object')} in ${countText(files, 'file')}: ${parts.join(', ')}${rest}`
}

function counted(lead: string, kinds: readonly KindCount[]): string {
  return kinds.length === 0 ? '' : `${lead}${kindsText(kinds)}`
}

/** `2 ConfigMap, 1 Deployment`. */
export function kindsText(kinds: readonly KindCount[]): string {
  return kinds.map(({ kind, count: number }) => `${number} ${printable(kind, 80)}`).join(', ')
}
