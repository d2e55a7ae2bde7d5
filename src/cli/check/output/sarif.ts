import { isAbsolute } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Location, Log, Notification, ReportingDescriptor, Result } from 'sarif'
import { RULES } from '../../../core/rules/catalogue.ts'
import type { Rule } from '../../../core/rules/rule.ts'
import {
  type CheckedFinding,
  type CheckedObject,
  type CheckNote,
  type CheckReport,
  isAudited,
  type Place,
} from '../report.ts'
import { findingText, objectText } from './words.ts'

const SCHEMA =
  'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json'

/** SARIF 2.1.0, as code scanning services read it; what could not be read is a notification of the run. */
export function toSarif(report: CheckReport): string {
  const log: Log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'migration-guard',
            version: report.version,
            semanticVersion: report.version,
            rules: DESCRIPTORS,
          },
        },
        columnKind: 'utf16CodeUnits',
        invocations: [
          {
            executionSuccessful: report.problems.length === 0,
            toolExecutionNotifications: report.problems.map(toNotification),
          },
        ],
        results: report.objects.flatMap(resultsOf),
      },
    ],
  }
  return `${JSON.stringify(log, null, 2)}\n`
}

// Warnings that are no rule's need an id as well: code scanning services drop results without one.
const NOTE = 'note'
const NOTE_DESCRIPTOR: ReportingDescriptor = {
  id: NOTE,
  name: 'Note',
  shortDescription: { text: 'A declaration or a setting that has no effect' },
  fullDescription: {
    text: 'What is written here is ignored by the guard, or dropped by the API server before any webhook sees it.',
  },
  help: { text: 'Correct what is written, or remove it.' },
  defaultConfiguration: { level: 'warning' },
}

const DESCRIPTORS: ReportingDescriptor[] = [...RULES.map(toDescriptor), NOTE_DESCRIPTOR]
const INDEXES = new Map(DESCRIPTORS.map(({ id }, index) => [id, index]))

function toDescriptor(rule: Rule): ReportingDescriptor {
  const { id, title, trips, rationale, remedy, source, enforcement } = rule
  return {
    id,
    name: id.replace(/(?:^|-)([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
    shortDescription: { text: title },
    fullDescription: { text: rationale },
    help: {
      text: `Trips when: ${trips}. Remedy: ${remedy} Source: ${source}.`,
      markdown: `**Trips when:** ${trips}.\n\n${rationale}\n\n**Remedy:** ${remedy}\n\nSource: ${source}.`,
    },
    defaultConfiguration: { level: enforcement === 'deny' ? 'error' : 'warning' },
    properties: { tags: ['live-migration', ...(rule.waivable ? ['waivable'] : [])] },
  }
}

const LEVELS = { deny: 'error', warn: 'warning', excused: 'note', record: 'note' } as const

function resultsOf(object: CheckedObject): Result[] {
  const findings = object.findings
    .filter(finding => finding.effect !== 'record' || isAudited(finding))
    .map(finding => toResult(object, finding))
  const notes = object.notes
    .filter(({ level }) => level === 'warning')
    .map(note => noteResult(object, note))
  return [...findings, ...notes]
}

function toResult(object: CheckedObject, finding: CheckedFinding): Result {
  const { rule, effect, place, field, fix, exception } = finding
  return {
    ruleId: rule,
    ruleIndex: INDEXES.get(rule) ?? -1,
    level: LEVELS[effect],
    message: { text: `${findingText(finding)}\nFix: ${fix}` },
    locations: [toLocation(place, object, field)],
    partialFingerprints: { 'violation/v1': `${place.file} ${objectText(object)} ${field} ${rule}` },
    ...(exception && {
      suppressions: [{ kind: 'inSource', status: 'accepted', justification: exception.reason }],
    }),
  }
}

function noteResult(object: CheckedObject, { place, text }: CheckNote): Result {
  return {
    ruleId: NOTE,
    ruleIndex: INDEXES.get(NOTE) ?? -1,
    level: 'warning',
    message: { text },
    locations: [toLocation(place, object)],
    partialFingerprints: { 'violation/v1': `${place.file} ${objectText(object)} ${text}` },
  }
}

function toLocation(place: Place, object: CheckedObject, field?: string): Location {
  const name = objectText(object)
  return {
    physicalLocation: toPhysical(place),
    logicalLocations: [
      field === undefined
        ? { fullyQualifiedName: name, kind: 'object' }
        : { fullyQualifiedName: `${name} ${field}`, kind: 'property' },
    ],
  }
}

function toNotification({ text, ...place }: Place & { readonly text: string }): Notification {
  return {
    level: 'error',
    message: { text },
    locations: [{ physicalLocation: toPhysical(place) }],
  }
}

function toPhysical({ file, line, column }: Place) {
  return {
    artifactLocation: { uri: toUri(file) },
    ...(line > 0 && { region: { startLine: line, startColumn: column } }),
  }
}

// Relative paths stay relative: a code scanning service takes them from the root of the repository.
function toUri(file: string): string {
  if (isAbsolute(file)) return pathToFileURL(file).href
  return file.split('/').map(encodeURIComponent).join('/')
}
