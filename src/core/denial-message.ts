import { EXCEPTION_PREFIX } from './annotations.ts'
import type { Finding } from './finding.ts'
import { printable, show } from './json.ts'
import { CATALOGUE } from './rules/catalogue.ts'

/** The message of a refusal as `oc edit` shows it: one paragraph for each violation, with what to write instead. */
export function denialMessage(
  denials: readonly Finding[],
  now: number,
  maxSeconds: number,
): string {
  const count = denials.length === 1 ? '1 reason' : `${denials.length} reasons`
  const paragraphs = denials.map(finding => paragraph(finding, now, maxSeconds))
  return [`nothing was changed, for ${count}:`, ...paragraphs].join('\n\n')
}

function paragraph(finding: Finding, now: number, maxSeconds: number): string {
  const lines = [fullText(finding), `  fix: ${finding.fix}`]
  const exception = exceptionLine(finding, now, maxSeconds)
  return [...lines, ...(exception === null ? [] : [`  exception: ${exception}`])].join('\n')
}

/** `[rule-id] path is value: what is wrong`. */
export function violationText({ rule, field, setting, value, message }: Finding): string {
  if (value === null || value === undefined) return `[${rule}] ${field}: ${message}`
  // An annotation is no setting: it makes one what it is.
  const named = setting && !field.endsWith(setting) ? `${field} makes ${setting}` : `${field} is`
  return `[${rule}] ${named} ${show(value)}: ${message}`
}

/** The same with what would happen. */
export function fullText(finding: Finding): string {
  return finding.consequence === ''
    ? violationText(finding)
    : `${violationText(finding)} ${finding.consequence}`
}

const WEEK_SECONDS = 7 * 86_400

// The reason is shorter than an exception accepts, so that nobody pastes it as it is.
const REASON = '<reason>'

/** The ready annotation that would excuse a finding, and who can add it; null where nothing can. */
export function exceptionLine(
  { rule, bound }: Finding,
  now: number,
  maxSeconds: number,
): string | null {
  if (!CATALOGUE[rule].waivable) return null
  const seconds = Math.min(WEEK_SECONDS, maxSeconds)
  const end = new Date(now + seconds * 1000)
  // A date means its end, so a limit of less than a day needs a time.
  const expires =
    seconds < WEEK_SECONDS ? end.toISOString().replace(/\.\d+/, '') : end.toISOString().slice(0, 10)
  const value = JSON.stringify({ reason: REASON, expires, ...(bound === null ? {} : { bound }) })
  return `someone who may approve it can add the annotation\n    ${EXCEPTION_PREFIX}${rule}: '${printable(value, 1024).replaceAll("'", "''")}'`
}
