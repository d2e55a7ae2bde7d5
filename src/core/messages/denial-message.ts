import { annotationPath, EXCEPTION_PREFIX } from '../annotations.ts'
import { type ReadyException, readyException } from '../exceptions/ready-exception.ts'
import type { Finding } from '../judging/finding.ts'
import { fullText } from './finding-text.ts'

/** The message of a refusal as `oc edit` shows it: one paragraph for each violation, with what to write instead. */
export function denialMessage(
  denials: readonly Finding[],
  now: number,
  maxSeconds: number,
): string {
  const count = denials.length === 1 ? '1 reason' : `${denials.length} reasons`
  const paragraphs = denials.slice(0, MOST).map((each, index, shown) => {
    // One annotation covers all violations of a rule; it is told after the last of them.
    const last = !shown.slice(index + 1).some(({ rule }) => rule === each.rule)
    return paragraph(each, last ? exceptionFor(each, denials, now, maxSeconds) : null)
  })
  const rest = [...new Set(denials.slice(MOST).map(({ rule }) => rule))]
  if (rest.length > 0) paragraphs.push(`and ${denials.length - MOST} more: ${rest.join(', ')}`)
  return [`nothing was changed, for ${count}:`, ...paragraphs].join('\n\n')
}

// Where one is there that nobody approved, another would not help; a violation of its own tells what does.
function exceptionFor({ rule }: Finding, denials: readonly Finding[], now: number, max: number) {
  const there = annotationPath(EXCEPTION_PREFIX + rule)
  const unapproved = denials.some(
    each => each.rule === 'exception-unauthorised' && each.field === there,
  )
  return unapproved ? null : readyException(rule, denials, now, max)
}

// Nobody reads more, and an object may hold thousands of annotations.
const MOST = 20

function paragraph(finding: Finding, exception: ReadyException | null): string {
  const lines = [fullText(finding), `  fix: ${finding.fix}`]
  if (exception !== null)
    lines.push(`  exception: ${exception.lead}`, `    ${exception.annotation}`)
  return lines.join('\n')
}
