import type { Decision, Outcome } from '../conclude.ts'
import { printable } from '../json.ts'
import type { Finding } from '../judging/finding.ts'
import { fullText, leadOf, violationText } from './finding-text.ts'

// The API server cuts each warning at 256 characters and drops what exceeds 4096 together
// (kubernetes/apiserver pkg/endpoints/filters/warning.go).
const LONGEST = 256
const TOGETHER = 4096

/** The warnings of a decision, most severe first, behind those from `outside` it; what does not fit is counted in the last. */
export function toWarnings(decision: Decision, outside: readonly string[] = []): readonly string[] {
  return limit(
    [...outside, ...allWarnings(decision)].map(text =>
      printable(text.replaceAll('\n', ' '), LONGEST),
    ),
  )
}

function allWarnings({
  webhook,
  failure,
  guarded,
  findings,
  notes,
  outcome,
}: Decision): readonly string[] {
  if (failure !== null) return webhook === 'validate' ? [] : [failureText(webhook, failure.message)]
  const noted = notes.map(({ text }) => text)
  if (webhook === 'mutate') return noted
  const shown = findings.filter(({ effect }) => effect !== 'record')
  if (!guarded) return [...standing(shown, outcome), ...noted]
  const refused = outcome === 'denied' ? [] : shown.filter(({ effect }) => effect === 'deny')
  const excused = shown.filter(({ effect }) => effect === 'excused')
  const warned = shown.filter(({ effect }) => effect === 'warn')
  return [
    ...refused.map(finding => briefText(finding, outcome)),
    ...excused.map(finding => briefText(finding, outcome)),
    ...warned.map(finding => warningText(finding, outcome)),
    ...noted,
  ]
}

function failureText(webhook: string, message: string): string {
  return webhook === 'mutate'
    ? `migration-guard filled nothing: ${message}`
    : `migration-guard could not judge this: ${message}`
}

// An edit of something else is reminded in one line.
function standing(findings: readonly Finding[], outcome: Outcome): readonly string[] {
  const excused = findings
    .filter(({ effect }) => effect === 'excused')
    .map(finding => briefText(finding, outcome))
  const refused = findings.filter(
    ({ effect, enforcement }) => effect === 'warn' && enforcement === 'deny',
  )
  if (refused.length === 0) return excused
  const rules = [...new Set(refused.map(({ rule }) => rule))].join(', ')
  return [`live migration is still set in a way that would be refused today: ${rules}`, ...excused]
}

function briefText(finding: Finding, outcome: Outcome): string {
  return `${leadOf(finding, outcome)}${violationText(finding)}`
}

// The fix is worth more than the consequence where both do not fit.
function warningText(finding: Finding, outcome: Outcome): string {
  const short = briefText(finding, outcome)
  const fix = ` Fix: ${finding.fix}`
  const long = `${leadOf(finding, outcome)}${fullText(finding)}`
  return [`${long}${fix}`, `${short}${fix}`, long].find(text => text.length <= LONGEST) ?? short
}

function limit(warnings: readonly string[]): readonly string[] {
  const unique = [...new Set(warnings)]
  const kept: string[] = []
  let left = TOGETHER - LONGEST
  for (const warning of unique) {
    left -= warning.length
    if (left < 0) break
    kept.push(warning)
  }
  const more = unique.length - kept.length
  return more === 0 ? kept : [...kept, `and ${more} more, for which the API server leaves no room`]
}
