import {
  type CheckedFinding,
  type CheckedObject,
  type CheckNote,
  type CheckReport,
  isAudited,
  type Problem,
} from '../report.ts'
import { findingText, objectText, placeText, waiverText } from './words.ts'

type TestCase = {
  readonly name: string
  readonly failure?: {
    readonly tag: 'failure' | 'error'
    readonly type: string
    readonly text: string
  }
  readonly output: readonly string[]
}

/**
 * JUnit XML as Jenkins and GitLab read it: a suite for each file, a failed test for each violation that fails the run, a
 * passed one for each object without any. What does not fail the run is in the output of the object's first test.
 */
export function toJunit(report: CheckReport): string {
  const suites = new Map<string, TestCase[]>()
  const add = (file: string, cases: readonly TestCase[]) =>
    suites.set(file, [...(suites.get(file) ?? []), ...cases])
  for (const object of report.objects) add(object.place.file, casesOf(object, report.strict))
  for (const problem of report.problems) add(problem.file, [caseOfProblem(problem)])
  const all = [...suites.values()].flat()
  const lines = [...suites].flatMap(([file, cases]) => suiteLines(file, cases))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="migration-guard" ${countsOf(all)}>`,
    ...lines,
    '</testsuites>',
    '',
  ].join('\n')
}

function casesOf(object: CheckedObject, strict: boolean): readonly TestCase[] {
  const name = objectText(object)
  const shown = object.findings.filter(finding => finding.effect !== 'record' || isAudited(finding))
  const fails = ({ effect }: CheckedFinding) => effect === 'deny' || (strict && effect === 'warn')
  const warned = object.notes.filter(({ level }) => strict && level === 'warning')
  const failed = [
    ...shown.filter(fails).map(finding => caseOfFinding(name, finding)),
    ...warned.map(note => caseOfNote(name, note)),
  ]
  const output = [
    ...shown.filter(finding => !fails(finding)).map(findingLine),
    ...object.notes.filter(note => !warned.includes(note)).map(noteLine),
    ...object.filled.map(({ field, value, because }) => `fills ${field}: ${value}, ${because}`),
  ]
  const [first, ...others] = failed
  return first ? [{ ...first, output }, ...others] : [{ name, output }]
}

function caseOfFinding(object: string, finding: CheckedFinding): TestCase {
  const { rule, fix, waiver } = finding
  const rest = waiver === null ? [] : [`exception: ${waiverText(waiver)}`]
  const text = [findingLine(finding), `fix: ${fix}`, ...rest].join('\n')
  return { name: `${object} ${rule}`, failure: { tag: 'failure', type: rule, text }, output: [] }
}

function caseOfNote(object: string, note: CheckNote): TestCase {
  const failure = { tag: 'failure', type: 'warning', text: noteLine(note) } as const
  return { name: `${object} ${note.text}`, failure, output: [] }
}

function caseOfProblem(problem: Problem): TestCase {
  const text = `${placeText(problem)}: ${problem.text}`
  return { name: placeText(problem), failure: { tag: 'error', type: 'input', text }, output: [] }
}

function findingLine(finding: CheckedFinding): string {
  return `${placeText(finding.place)}: ${findingText(finding)}`
}

function noteLine({ place, text }: CheckNote): string {
  return `${placeText(place)}: ${text}`
}

function suiteLines(file: string, cases: readonly TestCase[]): readonly string[] {
  return [
    `  <testsuite name="${escapeXml(file)}" ${countsOf(cases)}>`,
    ...cases.flatMap(one => caseLines(file, one)),
    '  </testsuite>',
  ]
}

function caseLines(file: string, { name, failure, output }: TestCase): readonly string[] {
  const open = `    <testcase classname="${escapeXml(file)}" name="${escapeXml(name)}"`
  if (!failure && output.length === 0) return [`${open}/>`]
  return [
    `${open}>`,
    ...(failure ? [failureElement(failure)] : []),
    ...(output.length > 0
      ? [`      <system-out>${escapeXml(output.join('\n'))}</system-out>`]
      : []),
    '    </testcase>',
  ]
}

function failureElement({ tag, type, text }: NonNullable<TestCase['failure']>): string {
  const [message = ''] = text.split('\n')
  return `      <${tag} type="${escapeXml(type)}" message="${escapeXml(message)}">${escapeXml(text)}</${tag}>`
}

function countsOf(cases: readonly TestCase[]): string {
  const count = (tag: string) => cases.filter(({ failure }) => failure?.tag === tag).length
  return `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}"`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

// What XML 1.0 cannot hold even as an entity (§2.2).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g

function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(FORBIDDEN, '\ufffd')
    .replace(/[&<>"]/g, character => ENTITIES[character] ?? character)
}
