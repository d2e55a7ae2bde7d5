import type { Finding } from './finding.ts'
import { fullText } from './finding-text.ts'
import { EXCEPTION_LEAD, readyException } from './ready-exception.ts'

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
  const exception = readyException(finding, now, maxSeconds)
  if (exception !== null) lines.push(`  exception: ${EXCEPTION_LEAD}`, `    ${exception}`)
  return lines.join('\n')
}
