import { exceptionToOffer, type ReadyException } from '../exceptions/ready-exception.ts'
import type { Finding } from '../judging/finding.ts'
import { fullText } from './finding-text.ts'

/** The message of a refusal as `oc edit` shows it: one paragraph for each denial, with what to write instead. */
export function denialMessage(
  findings: readonly Finding[],
  now: number,
  maxSeconds: number,
): string {
  const denials = findings.filter(({ effect }) => effect === 'deny')
  const count = denials.length === 1 ? '1 reason' : `${denials.length} reasons`
  const paragraphs = denials.slice(0, MOST).map((each, index, shown) => {
    // One annotation covers all violations of a rule; it is told after the last of them.
    const last = !shown.slice(index + 1).some(({ rule }) => rule === each.rule)
    return paragraph(each, last ? exceptionToOffer(each.rule, findings, now, maxSeconds) : null)
  })
  const rest = [...new Set(denials.slice(MOST).map(({ rule }) => rule))]
  if (rest.length > 0) paragraphs.push(`and ${denials.length - MOST} more: ${rest.join(', ')}`)
  return [`nothing was changed, for ${count}:`, ...paragraphs].join('\n\n')
}

// Nobody reads more, and an object may hold thousands of annotations.
const MOST = 20

function paragraph(finding: Finding, exception: ReadyException | null): string {
  const lines = [fullText(finding), `  fix: ${finding.fix}`]
  if (exception !== null)
    lines.push(`  exception: ${exception.lead}`, `    ${exception.annotation}`)
  return lines.join('\n')
}
