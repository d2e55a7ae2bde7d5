import { type CheckedFinding, type CheckReport, isAudited, type Place } from '../report.ts'
import { adviceText, findingText, objectText, summaryText, waiverText } from './words.ts'

/**
 * Workflow commands that GitHub Actions turns into annotations on the lines of a pull request
 * (actions/toolkit packages/core/src/command.ts).
 */
export function toGithub(report: CheckReport): string {
  const lines = report.objects.flatMap(object => [
    ...object.findings.flatMap(finding => ofFinding(finding, objectText(object))),
    ...object.notes
      .filter(({ level }) => level === 'warning')
      .map(({ place, text }) => command('warning', place, objectText(object), text)),
  ])
  const problems = report.problems.map(problem =>
    command('error', problem, 'cannot be checked', problem.text),
  )
  return [...lines, ...problems, summaryText(report)].map(line => `${line}\n`).join('')
}

const COMMANDS = { deny: 'error', warn: 'warning', excused: 'notice', record: 'notice' } as const

function ofFinding(finding: CheckedFinding, object: string): readonly string[] {
  const { effect, place, rule, waiver } = finding
  if (effect === 'record' && !isAudited(finding)) return []
  const rest = waiver === null ? [] : [`exception: ${waiverText(waiver)}`]
  const message = [findingText(finding), adviceText(finding), ...rest].join('\n')
  return [command(COMMANDS[effect], place, `${rule}: ${object}`, message)]
}

function command(name: string, { file, line, column }: Place, title: string, text: string): string {
  const place = line === 0 ? '' : `,line=${line},col=${column}`
  return `::${name} file=${property(file)}${place},title=${property(title)}::${data(text)}`
}

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
