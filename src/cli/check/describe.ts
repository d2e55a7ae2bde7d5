import type { Decision } from '../../core/decision.ts'
import { exceptionToOffer } from '../../core/exceptions/ready-exception.ts'
import type { Finding } from '../../core/judging/finding.ts'
import { fullStatementOf, leadOf } from '../../core/messages/finding-text.ts'
import type { Note } from '../../core/messages/note.ts'
import { fieldPath, findConfig } from '../../core/settings/hyperconverged.ts'
import type { Path } from '../../yaml/locate.ts'
import type { JudgeContext, Judged } from './judge-request.ts'
import { adviceOf } from './offline-advice.ts'
import { pathOf, placeOf, stands } from './place.ts'
import {
  type CheckedFinding,
  type CheckedObject,
  type CheckNote,
  type FilledValue,
  inOrder,
  isAudited,
} from './report.ts'
import type { Located } from './sort-objects.ts'

type Identified = Pick<
  CheckedObject,
  'source' | 'apiVersion' | 'kind' | 'namespace' | 'name' | 'operation' | 'user'
>

/** What was decided of an object, with the places in its file. `base` leads from the located object to what was judged. */
export function describe(
  located: Located,
  base: Path,
  identified: Identified,
  { filling, decision }: Judged,
  context: Pick<JudgeContext, 'now' | 'policy'>,
): CheckedObject {
  const { document, path } = located
  const place = placeOf(document, path)
  const placeIn = (field: string) => placeOf(document, [...path, ...base, ...pathOf(field)])
  const maxSeconds = context.policy.exceptions.maxDurationSeconds
  const describeFinding = (finding: Finding): CheckedFinding => ({
    rule: finding.rule,
    effect: effectIn(decision, finding),
    enforcement: finding.enforcement,
    change: finding.change,
    place: placeIn(finding.field),
    absent: !stands(located.object, [...base, ...pathOf(finding.field)]),
    field: finding.field,
    value: finding.value ?? null,
    lead: leadIn(decision, finding),
    statement: fullStatementOf(finding),
    fix: adviceOf(finding, identified),
    waiver:
      finding.effect === 'deny'
        ? exceptionToOffer(finding.rule, decision.findings, context.now, maxSeconds)
        : null,
    exception: finding.exception,
  })
  const note = (level: CheckNote['level'], { text, field }: Note): CheckNote => ({
    level,
    place: field === undefined ? place : placeIn(field),
    text,
  })
  return {
    place,
    ...identified,
    outcome: decision.outcome,
    profile: decision.profile && { name: decision.profile.name, source: decision.profile.source },
    findings: inOrder(decision.findings.map(describeFinding)),
    notes: [
      ...decision.notes.map(one => note('warning', one)),
      // What is filled has a list of its own.
      ...filling.notes.filter(({ kind }) => kind === 'hint').map(one => note('info', one)),
    ],
    filled: filledBy(filling),
  }
}

function leadIn({ outcome }: Decision, finding: Finding): string {
  if (isAudited(finding)) return 'goes to the audit log alone: '
  return finding.effect === 'deny' && outcome === 'denied' ? '' : leadOf(finding, outcome)
}

// An operator's own write is never refused, so nothing in it is a denial.
function effectIn({ outcome }: Decision, { effect }: Finding): Finding['effect'] {
  return effect === 'deny' && outcome === 'allowed-operator' ? 'warn' : effect
}

function filledBy({ request, filled }: Decision): readonly FilledValue[] {
  const { path } = findConfig(request?.object ?? {})
  return filled.map(({ name, value, because }) => ({
    field: fieldPath(path, name),
    value,
    because,
  }))
}
