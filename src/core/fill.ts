import type { AdmissionRequest } from './admission-review.ts'
import { annotationsOf, FILLED, PINNED } from './annotations.ts'
import { type Evidence, ownerOf, readEvidence, readPinned } from './field-ownership.ts'
import { describeFilling, formatFilled, readFilled, updateFilled } from './filled-annotation.ts'
import { type FilledField, type Filling, type FillTerms, NOTHING_FILLED } from './filling.ts'
import { findConfig } from './hyperconverged.ts'
import { isObject, sameJson } from './json.ts'
import { FIELD_NAMES, type FieldName } from './live-migration-config.ts'
import { proposeNumbers } from './number-filling.ts'
import { type Change, hasRoom, toPatch } from './patch.ts'
import { proposePostCopy } from './post-copy-filling.ts'

/** Fills the open fields of a request with the heavy-workload guidance; idempotent, and empty when nothing changes. */
export function fill(request: AdmissionRequest, terms: FillTerms): Filling {
  if (request.object === null || terms.mode === 'off') return NOTHING_FILLED
  const { path } = findConfig(request.object)
  if (!hasRoom(request.object, path) || !hasRoom(request.object, ['metadata', 'annotations']))
    return NOTHING_FILLED
  const evidence = readEvidence(request, terms.stock)
  const heavy = terms.profile.name === 'heavy'
  const postCopy = heavy ? proposePostCopy(evidence, terms) : { fields: [], notes: [] }
  const groups = heavy ? [...proposeNumbers(evidence).map(field => [field]), postCopy.fields] : []
  const filled = keepHarmless(groups, terms.isHarmless)
  const notes = [
    ...filled.map(field => describeFilling(field, terms)),
    ...(terms.settingsChanged ? postCopy.notes : []),
  ]
  if (terms.mode === 'suggest') return { filled: [], patch: [], notes }
  return {
    filled,
    patch: toPatch(request.object, toChanges(request, evidence, filled, heavy)),
    notes,
  }
}

// All together first: the common case. Only when that would trip a rule are they tried one by one.
function keepHarmless(
  groups: readonly (readonly FilledField[])[],
  isHarmless: FillTerms['isHarmless'],
): readonly FilledField[] {
  const all = groups.flat()
  if (all.length === 0 || isHarmless(all)) return all
  let kept: readonly FilledField[] = []
  for (const group of groups)
    if (group.length > 0 && isHarmless([...kept, ...group])) kept = [...kept, ...group]
  return kept
}

function toChanges(
  request: AdmissionRequest,
  evidence: Evidence,
  filled: readonly FilledField[],
  heavy: boolean,
): readonly Change[] {
  const object = request.object ?? {}
  const { path, block } = findConfig(object)
  const after = { ...(isObject(block) ? block : {}) }
  for (const { name, value } of filled) after[name] = value
  const annotations = annotationsOf(object)
  // Compared by what they say: a file that says it in other words is not rewritten at every apply.
  const annotation = (key: string, before: string, text: string): Change[] =>
    before === text
      ? []
      : [{ path: ['metadata', 'annotations', key], value: text === '' ? undefined : text }]
  const record = readFilled(annotations[FILLED])
  const pinned = readPinned(annotations[PINNED])
  return [
    ...filled.map(({ name, value }) => ({ path: [...path, name], value })),
    ...annotation(FILLED, formatFilled(record), formatFilled(updateFilled(record, filled, after))),
    ...annotation(
      PINNED,
      formatPinned(name => pinned.has(name)),
      formatPinned(name => isPinned(name, pinned, evidence, after, heavy)),
    ),
  ]
}

// An entry stays while its field is at stock; a field that this request put back to stock joins.
function isPinned(
  name: FieldName,
  before: ReadonlySet<string>,
  evidence: Evidence,
  after: Readonly<Record<string, unknown>>,
  heavy: boolean,
): boolean {
  if (!sameJson(after[name], evidence.stock.defaults[name])) return false
  return before.has(name) || (heavy && isFillable(name) && ownerOf(name, evidence) === 'pin')
}

function formatPinned(isPinned: (name: FieldName) => boolean): string {
  return FIELD_NAMES.filter(isPinned).join(',')
}

// What is never filled needs no protection from it.
function isFillable(name: FieldName): boolean {
  return name !== 'network' && name !== 'allowAutoConverge'
}
