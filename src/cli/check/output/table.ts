import { styleText } from 'node:util'
import { printable, show } from '../../../core/json.ts'
import {
  type CheckedFinding,
  type CheckedObject,
  type CheckReport,
  type FixedFile,
  type FixedValue,
  isAudited,
} from '../report.ts'
import type { Style } from './outputter.ts'
import { adviceText, countText, objectText, placeText, summaryText } from './words.ts'
import { wrap } from './wrap.ts'

type Colour = 'red' | 'yellow' | 'green' | 'cyan' | 'bold'
type Drawing = { readonly width: number; readonly paint: (colour: Colour, text: string) => string }

/** The report for people: a block for each object, the most severe first, and a line that sums it up. */
export function toTable(report: CheckReport, { width, colour }: Style): string {
  const paint: Drawing['paint'] = (name, text) =>
    colour ? styleText(name, text, { validateStream: false }) : text
  const drawing = { width, paint }
  const problems = report.problems.map(problem =>
    entry('error', 'red', placeText(problem), wrapped(problem.text, drawing), drawing),
  )
  const blocks = [
    ...report.fixed.map(file => fixedBlock(file, drawing)),
    ...report.objects.map(object => objectBlock(object, drawing)),
    ...(problems.length > 0 ? [problems.join('\n')] : []),
  ]
  // Silence is the answer to --quiet where there is nothing to say.
  if (report.quiet && blocks.length === 0) return ''
  return `${[...blocks, wrap(summaryText(report), width).join('\n')].join('\n\n')}\n`
}

const OUTCOMES = {
  denied: ['red', 'denied'],
  'allowed-by-exception': ['yellow', 'allowed by exception'],
  'allowed-operator': ['yellow', 'allowed, as the operator writes it'],
  allowed: ['green', 'allowed'],
} as const

function objectBlock(object: CheckedObject, drawing: Drawing): string {
  const { paint } = drawing
  const { place, source, operation, user, outcome, findings, notes, filled } = object
  const [colour, words] = OUTCOMES[outcome]
  const how =
    source === 'review' ? `review of ${operation} by ${printable(user, 80)}` : `as ${operation}`
  const shown = (effect: CheckedFinding['effect']) =>
    findings.filter(finding => finding.effect === effect)
  const audited = findings.filter(isAudited)
  return [
    `${paint('bold', objectText(object))}: ${paint(colour, words)}`,
    entry('file', 'bold', `${placeText(place)} (${how})`, [], drawing),
    ...shown('deny').map(finding => findingEntry('deny', 'red', finding, drawing)),
    ...shown('excused').map(finding => findingEntry('waived', 'yellow', finding, drawing)),
    ...shown('warn').map(finding => findingEntry('warn', 'yellow', finding, drawing)),
    ...audited.map(finding => findingEntry('audit', 'cyan', finding, drawing)),
    ...notes.map(({ level, place: at, text }) =>
      level === 'warning'
        ? entry('warn', 'yellow', placeText(at), wrapped(text, drawing), drawing)
        : noteEntry(text, drawing),
    ),
    ...filled.map(({ field, value, because }) =>
      entry('fills', 'cyan', `${field}: ${value}`, wrapped(because, drawing), drawing),
    ),
  ].join('\n')
}

function findingEntry(
  label: string,
  colour: Colour,
  finding: CheckedFinding,
  drawing: Drawing,
): string {
  const { rule, place, absent, lead, statement, waiver } = finding
  return entry(
    label,
    colour,
    `${placeText(place)} [${rule}]${absent ? ', left out there' : ''}`,
    [
      ...wrapped(`${lead}${statement}`, drawing),
      ...wrapped(adviceText(finding), drawing),
      // To be copied as it is, so never broken.
      ...(waiver === null
        ? []
        : [...wrapped(`exception: ${waiver.lead}`, drawing), `  ${waiver.annotation}`]),
    ],
    drawing,
  )
}

function noteEntry(text: string, drawing: Drawing): string {
  const [first = '', ...others] = wrapped(text, drawing)
  return entry('note', 'cyan', first, others, drawing)
}

function fixedBlock({ file, changes, uncorrected }: FixedFile, drawing: Drawing): string {
  const objects = new Set([...changes, ...uncorrected].map(({ object }) => object))
  // Whose value it is goes without saying where a file holds one object.
  const nameOf = ({ object, field }: Pick<FixedValue, 'object' | 'field'>) =>
    objects.size > 1 ? `${object} ${field}` : field
  const lines = [
    ...changes.map(change => changedEntry(change, nameOf(change), drawing)),
    ...uncorrected.map(value =>
      entry(
        '!',
        'yellow',
        nameOf(value),
        wrapped(`not written: ${value.reason}`, drawing),
        drawing,
      ),
    ),
  ]
  const head = `${drawing.paint('bold', file)}: ${countText(changes.length, 'value')} written`
  return [head, ...lines].join('\n')
}

function changedEntry(
  { before, after, because }: FixedValue,
  name: string,
  drawing: Drawing,
): string {
  const isNew = before === undefined
  const change = isNew ? String(after) : `${show(before)} -> ${after}`
  const first = `${name}: ${change}`
  return entry(isNew ? '+' : '~', 'green', first, wrapped(because, drawing), drawing)
}

const LABEL = 6
const INDENT = LABEL + 4

function entry(
  label: string,
  colour: Colour,
  first: string,
  others: readonly string[],
  { paint }: Drawing,
): string {
  const blank = ' '.repeat(LABEL - label.length)
  const rest = others.map(line => `${' '.repeat(INDENT)}${line}`)
  return [`  ${paint(colour, label)}${blank}  ${first}`, ...rest].join('\n')
}

function wrapped(text: string, { width }: Drawing): readonly string[] {
  return wrap(text, Math.max(width - INDENT, 30))
}
