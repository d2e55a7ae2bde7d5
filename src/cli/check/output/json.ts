import { type CheckedFinding, type CheckReport, exitCodeOf } from '../report.ts'
import { findingText, waiverText } from './words.ts'

/** Changes when a reader of the JSON would have to change; new members alone do not. */
const API_VERSION = 'migration-guard.io/v1alpha1'

/** The report for programs, in the shape that docs/ci.md describes. */
export function toJson(report: CheckReport): string {
  const { version, now, strict, summary, objects, problems, skipped, fixed } = report
  const document = {
    apiVersion: API_VERSION,
    kind: 'CheckReport',
    version,
    now,
    strict,
    exitCode: exitCodeOf(report),
    summary,
    objects: objects.map(object => ({ ...object, findings: object.findings.map(toFinding) })),
    problems,
    skipped,
    // undefined would leave the member out.
    fixed: fixed.map(({ file, changes, uncorrected }) => ({
      file,
      uncorrected,
      changes: changes.map(change => ({ ...change, before: change.before ?? null })),
    })),
  }
  return `${JSON.stringify(document, null, 2)}\n`
}

function toFinding(finding: CheckedFinding): object {
  const { lead: _, statement: __, fix, waiver, exception, ...rest } = finding
  return {
    ...rest,
    text: findingText(finding),
    fix,
    waiver: waiver === null ? null : waiverText(waiver),
    exception,
  }
}
