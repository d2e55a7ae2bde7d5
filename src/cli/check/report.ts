import type { Decision } from '../../core/conclude.ts'
import type { ReadyException } from '../../core/exceptions/ready-exception.ts'
import type { Profile } from '../../core/facts/profile.ts'
import type { Finding } from '../../core/judging/finding.ts'
import type { RuleId } from '../../core/rules/rule-ids.ts'
import type { ExitCode } from '../exit-codes.ts'

/** A place in a file; line and column count from 1, columns in UTF-16 units. */
export type Place = { readonly file: string; readonly line: number; readonly column: number }

/** What a run of `check` found. Every output format is made of this and nothing else. */
export type CheckReport = {
  readonly version: string
  /** RFC 3339. */
  readonly now: string
  readonly strict: boolean
  /** True where what does not fail the run was left out. */
  readonly quiet: boolean
  readonly summary: Summary
  readonly objects: readonly CheckedObject[]
  readonly problems: readonly Problem[]
  /** Objects that are not judged but tell of the cluster, by kind. */
  readonly facts: readonly KindCount[]
  /** Kinds that are none of ours, with their number. */
  readonly skipped: readonly KindCount[]
  readonly fixed: readonly FixedFile[]
}

export type KindCount = { readonly kind: string; readonly count: number }

/** One manifest or recorded review, judged. */
export type CheckedObject = {
  readonly place: Place
  readonly source: 'manifest' | 'review'
  readonly apiVersion: string
  readonly kind: 'HyperConverged' | 'MigrationPolicy'
  readonly namespace: string
  readonly name: string
  readonly operation: string
  readonly user: string
  readonly outcome: Decision['outcome']
  readonly profile: Pick<Profile, 'name' | 'source'> | null
  readonly findings: readonly CheckedFinding[]
  readonly notes: readonly CheckNote[]
  readonly filled: readonly FilledValue[]
}

/** A finding of the core, with where it stands and how it could be excused. */
export type CheckedFinding = {
  readonly rule: RuleId
  readonly effect: Finding['effect']
  /** What the policy says of the rule: `audit` goes to the audit log of a cluster, and refuses and warns of nothing. */
  readonly enforcement: Finding['enforcement']
  readonly change: Finding['change']
  /** Where the field stands; of one that does not, the nearest parent. */
  readonly place: Place
  /** True where the file leaves the field out and the value is a default. */
  readonly absent: boolean
  readonly field: string
  readonly value: unknown
  /** Why it does not refuse the object, as what it says begins with it; empty where it does. */
  readonly lead: string
  /** `field is value: what is wrong and what would happen`, as `oc edit` shows it. */
  readonly statement: string
  readonly fix: string
  /** The annotation that would excuse it; null where nothing can, or it needs no excuse. */
  readonly waiver: ReadyException | null
  readonly exception: Finding['exception']
}

/** Something to know that is no rule's. Only a `warning` counts with --strict. */
export type CheckNote = {
  readonly level: 'warning' | 'info'
  readonly place: Place
  readonly text: string
}

/** A value that the guard would fill in. */
export type FilledValue = {
  readonly field: string
  readonly value: string | number | boolean
  readonly because: string
}

/** Input that could not be judged. Line 0 is the file as a whole. */
export type Problem = Place & { readonly text: string }

/** A file that --fix changed, or would have; what could not be written has no changes. */
export type FixedFile = {
  readonly file: string
  readonly changes: readonly FixedValue[]
  /** What was to be written and could not be. */
  readonly uncorrected: readonly UncorrectedValue[]
}

/** A value that --fix left alone, and why. */
export type UncorrectedValue = Pick<FixedValue, 'object' | 'field'> & { readonly reason: string }

/** A value that --fix wrote; `before` is undefined where there was none. */
export type FixedValue = {
  /** The object that it is a part of: kind, namespace and name. */
  readonly object: string
  readonly field: string
  readonly before: unknown
  readonly after: string | number | boolean
  readonly because: string
}

/** How many of each there are. */
export type Summary = Readonly<
  Record<
    'files' | 'checked' | 'denied' | 'denials' | 'warnings' | 'excused' | 'audited' | 'problems',
    number
  >
>

const SEVERITIES: readonly Finding['effect'][] = ['deny', 'excused', 'warn', 'record']

/** The most severe first, and those alike as somebody reads the file; what stands in one place keeps its order. */
export function inOrder(findings: readonly CheckedFinding[]): readonly CheckedFinding[] {
  return findings.toSorted(
    ({ effect: a, place: here }, { effect: b, place: there }) =>
      SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b) ||
      here.line - there.line ||
      here.column - there.column,
  )
}

/** True for a violation that nobody would be told of, as the policy has its rule on `audit`. */
export function isAudited({
  effect,
  enforcement,
}: Pick<CheckedFinding, 'effect' | 'enforcement'>): boolean {
  return effect === 'record' && enforcement === 'audit'
}

/** Counts what a run found. */
export function summarise(
  files: number,
  { objects, problems }: Pick<CheckReport, 'objects' | 'problems'>,
): Summary {
  const findings = objects.flatMap(object => object.findings)
  const notes = objects.flatMap(object => object.notes)
  const count = (effect: Finding['effect']) =>
    findings.filter(finding => finding.effect === effect).length
  return {
    files,
    checked: objects.length,
    denied: objects.filter(({ outcome }) => outcome === 'denied').length,
    denials: count('deny'),
    warnings: count('warn') + notes.filter(({ level }) => level === 'warning').length,
    excused: count('excused'),
    audited: findings.filter(isAudited).length,
    problems: problems.length,
  }
}

/** The exit code of a run. Bad input outranks a denial: what could not be read might be worse than what was. */
export function exitCodeOf({ summary, strict }: CheckReport): ExitCode {
  const { denied, warnings, problems } = summary
  if (problems > 0) return 3
  if (denied > 0) return 1
  return strict && warnings > 0 ? 2 : 0
}

/** The report without what does not fail the run: what --quiet shows. The summary stays that of the whole. */
export function quieten(report: CheckReport): CheckReport {
  const fails = (effect: Finding['effect']) =>
    effect === 'deny' || (report.strict && effect === 'warn')
  const objects = report.objects
    .map(object => ({
      ...object,
      findings: object.findings.filter(({ effect }) => fails(effect)),
      notes: object.notes.filter(({ level }) => report.strict && level === 'warning'),
      filled: [],
    }))
    .filter(({ findings, notes }) => findings.length + notes.length > 0)
  return { ...report, quiet: true, objects, facts: [], skipped: [] }
}
