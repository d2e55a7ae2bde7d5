import type { AdmissionRequest } from '../admission-review.ts'
import { FILLED, PINNED } from '../annotations.ts'
import { isObject, own, sameJson, show } from '../json.ts'
import type { Note } from '../messages/note.ts'
import { findConfig } from '../settings/hyperconverged.ts'
import { FIELD_NAMES, type FieldName } from '../settings/live-migration-config.ts'
import {
  type Evidence,
  isFalselyRecorded,
  isReset,
  ownerOf,
  readEvidence,
  wasNeverDefaulted,
} from './field-ownership.ts'
import { describeFilling, formatFilled, updateFilled } from './filled-annotation.ts'
import { type FillContext, type FilledField, type Filling, NOTHING_FILLED } from './filling.ts'
import { proposeNumbers } from './number-filling.ts'
import { type Change, findGaps, toPatch } from './patch.ts'
import { proposePostCopy } from './post-copy-filling.ts'

/** Fills the open fields of a request with the heavy-workload guidance; idempotent, and empty when nothing changes. */
export function fill(request: AdmissionRequest, context: FillContext): Filling {
  if (request.object === null || context.mode === 'off') return NOTHING_FILLED
  const { path } = findConfig(request.object)
  const evidence = readEvidence(request, context.stock)
  const { claimed, declarative, named, stock } = evidence
  const gaps = findGaps(request.object, [path, ['metadata', 'annotations']])
  const seen = { claimed, declarative, gaps, named, stock: stock.source }
  if (Object.values(gaps).includes('other')) return { ...NOTHING_FILLED, evidence: seen }
  const heavy = context.profile.name === 'heavy'
  const postCopy = heavy ? proposePostCopy(evidence, context) : { fields: [], hints: [] }
  const groups = heavy
    ? [...proposeNumbers(evidence, context.limits).map(field => [field]), postCopy.fields]
    : []
  const filled = keepHarmless(groups, context.isHarmless)
  const suggesting = context.mode === 'suggest'
  const notes = [
    ...filled.map(field => note(suggesting ? 'hint' : 'filled', describeFilling(field, context))),
    ...(context.settingsChanged ? postCopy.hints : []).map(text => note('hint', text)),
  ]
  if (suggesting) return { filled: [], patch: [], notes, evidence: seen }
  return {
    filled,
    patch: toPatch(request.object, toChanges(request, evidence, filled, heavy)),
    notes: [...notes, ...noteRecorded(evidence, filled, heavy)],
    evidence: seen,
  }
}

// What is recorded without a value of it changing would otherwise come out of nowhere.
function noteRecorded(
  evidence: Evidence,
  filled: readonly FilledField[],
  heavy: boolean,
): readonly Note[] {
  const { block, claimed, pinned } = evidence
  const back = (name: FieldName) => `${name} is back at ${show(own(block, name))}, its default`
  const left = leftOpen(evidence, filled, heavy)
    .filter(name => evidence.filled.get(name) !== String(own(block, name)))
    .map(name => `${back(name)}, as the file does not name it: recorded in ${FILLED}`)
  const pins = FIELD_NAMES.filter(
    name => heavy && isFillable(name) && !pinned.has(name) && ownerOf(name, evidence) === 'pin',
  ).map(name => `${back(name)}, which is kept as your wish: recorded in ${PINNED}`)
  return [...(claimed.includes(FILLED) ? [] : left), ...(claimed.includes(PINNED) ? [] : pins)].map(
    text => note('filled', text),
  )
}

function note(kind: Note['kind'], text: string): Note {
  return { kind, text }
}

// All together first: the common case. Where that would trip a rule, one after the other; each that is kept may make harmless
// what was not before, so that nothing is left for a second look at the same request.
function keepHarmless(
  groups: readonly (readonly FilledField[])[],
  isHarmless: FillContext['isHarmless'],
): readonly FilledField[] {
  const kept = new Set<FilledField>()
  let left = groups.filter(group => group.length > 0)
  while (left.length > 0) {
    const together = isHarmless([...kept, ...left.flat()])
    const next = together ? left.flat() : left.find(group => isHarmless([...kept, ...group]))
    if (next === undefined) break
    for (const field of next) kept.add(field)
    left = left.filter(group => !group.every(field => kept.has(field)))
  }
  return groups.flat().filter(field => kept.has(field))
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
  // Compared by what they say: a file that says it in other words is not rewritten at every apply.
  const annotation = (key: string, before: string, text: string): Change[] =>
    before === text || evidence.claimed.includes(key)
      ? []
      : [{ path: ['metadata', 'annotations', key], value: text === '' ? undefined : text }]
  const record = updateFilled(evidence.filled, filled, leftOpen(evidence, filled, heavy), after)
  return [
    ...filled.map(({ name, value }) => ({ path: [...path, name], value })),
    ...annotation(FILLED, formatFilled(evidence.filled), formatFilled(record)),
    ...annotation(
      PINNED,
      formatPinned(name => evidence.pinned.has(name)),
      formatPinned(name => isPinned(name, evidence, after, heavy)),
    ),
  ]
}

// What a file put back to stock without naming it, and filling leaves there. It is recorded as well: once our annotations are
// back, the next look at the same request could not tell it from what a user put back.
function leftOpen(
  evidence: Evidence,
  filled: readonly FilledField[],
  heavy: boolean,
): readonly FieldName[] {
  if (!heavy || !evidence.declarative) return []
  return FIELD_NAMES.filter(
    name =>
      isFillable(name) &&
      isReset(name, evidence) &&
      ownerOf(name, evidence) === 'open' &&
      !filled.some(field => field.name === name),
  )
}

// An entry stays while its field is at stock. A field that this request put back to stock joins, and so does one that was the
// user's only because the object was never defaulted, when filling completes the object.
function isPinned(
  name: FieldName,
  evidence: Evidence,
  after: Readonly<Record<string, unknown>>,
  heavy: boolean,
): boolean {
  const { stock, block, pinned } = evidence
  if (!sameJson(after[name], stock.defaults[name])) return false
  if (pinned.has(name)) return true
  if (!heavy || !isFillable(name)) return false
  const closed = wasNeverDefaulted(block, stock) && !wasNeverDefaulted(after, stock)
  if (isFalselyRecorded(name, after[name], evidence)) return true
  return ownerOf(name, evidence) === 'pin' || (closed && own(block, name) !== undefined)
}

function formatPinned(isPinned: (name: FieldName) => boolean): string {
  return FIELD_NAMES.filter(isPinned).join(',')
}

// What is never filled needs no protection from it.
function isFillable(name: FieldName): boolean {
  return name !== 'network' && name !== 'allowAutoConverge'
}
