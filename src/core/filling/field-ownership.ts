import type { AdmissionRequest } from '../admission-review.ts'
import { annotationsOf, FILLED, LAST_APPLIED, PINNED } from '../annotations.ts'
import { isObject, own, sameJson } from '../json.ts'
import { findConfig } from '../settings/hyperconverged.ts'
import { FIELD_NAMES, type FieldName, isFieldName } from '../settings/live-migration-config.ts'
import type { StockDefaults } from '../settings/stock-defaults.ts'
import { readFilled } from './filled-annotation.ts'
import type { FillingEvidence, Naming } from './filling.ts'
import {
  claimedAnnotations,
  isServerSideApply,
  type ManagedEntry,
  managedEvidence,
  readManagedFields,
} from './managed-fields.ts'

/** Whose a field is: `open` to be filled, the `user`'s, or the user's because this request put it back to stock (`pin`). */
export type Owner = 'open' | 'user' | 'pin'

/** What is needed to tell whose a field is, read once from a request. */
export type Evidence = Pick<FillingEvidence, 'claimed' | 'declarative' | 'named'> & {
  readonly block: unknown
  readonly oldBlock: unknown
  readonly update: boolean
  readonly stock: StockDefaults
  readonly pinned: ReadonlySet<string>
  readonly filled: ReadonlyMap<string, string>
  readonly oldFilled: ReadonlyMap<string, string>
}

/** Reads the evidence of what the author of a CREATE or UPDATE wrote. */
export function readEvidence(request: AdmissionRequest, stock: StockDefaults): Evidence {
  const object = request.object ?? {}
  const old = request.operation === 'UPDATE' ? request.oldObject : null
  const annotations = annotationsOf(object)
  const before = annotationsOf(old)
  const entries = readManagedFields(object)
  const applied = readLastApplied(annotations[LAST_APPLIED])
  const claimed = [...applied.annotations, ...claimedAnnotations(entries)]
  const dropped = (key: string) => before[key] !== undefined && annotations[key] === undefined
  return {
    block: findConfig(object).block,
    oldBlock: old === null ? undefined : findConfig(old).block,
    update: old !== null,
    stock,
    named: findNamed(entries, applied.fields),
    pinned: readPinned(annotations[PINNED]),
    filled: readFilled(annotations[FILLED]),
    oldFilled: readFilled(before[FILLED]),
    claimed: [FILLED, PINNED].filter(key => claimed.includes(key)),
    declarative:
      old !== null &&
      (isServerSideApply(entries, readManagedFields(old), request.fieldManager) ||
        before[LAST_APPLIED] !== annotations[LAST_APPLIED] ||
        dropped(FILLED) ||
        dropped(PINNED)),
  }
}

function findNamed(
  entries: readonly ManagedEntry[],
  applied: ReadonlySet<string>,
): Evidence['named'] {
  const named: Partial<Record<FieldName, Naming>> = {}
  for (const name of FIELD_NAMES) {
    const naming = applied.has(name) ? 'apply' : managedEvidence(entries, name)
    if (naming !== undefined) named[name] = naming
  }
  return named
}

/** Tells whose a field is: the first line of the table that fits (docs/how-it-decides.md). */
export function ownerOf(name: FieldName, evidence: Evidence): Owner {
  const { block, stock } = evidence
  const value = own(block, name)
  if (value === undefined || value === null) return 'open'
  if (!sameJson(value, stock.defaults[name])) return 'user'
  if (wasNeverDefaulted(block, stock)) return 'user'
  const proof = evidence.pinned.has(name) ? 'pinned' : evidence.named[name]
  const reset = isReset(name, evidence)
  // What this request changed stands in its own Update entry, whatever kind of request it is. That entry may be merged into
  // ancient-changes later, so what it proves now is pinned as well.
  if (proof !== undefined && !(proof === 'update' && reset)) return 'user'
  if (!reset) return 'open'
  const text = String(value)
  if (isFalselyRecorded(name, value, evidence)) return 'pin'
  return evidence.declarative || evidence.filled.get(name) === text ? 'open' : 'pin'
}

/** True when a record of this value stood there while the field had another one: somebody else made it, so it proves nothing. */
export function isFalselyRecorded(
  name: FieldName,
  value: unknown,
  { oldFilled, oldBlock }: Evidence,
): boolean {
  return oldFilled.get(name) === String(value) && String(own(oldBlock, name)) !== String(value)
}

/** True when this UPDATE gave the field another value, by writing it or by leaving it to the default. */
export function isReset(name: FieldName, { block, oldBlock, update }: Evidence): boolean {
  const [value, old] = [own(block, name) ?? null, own(oldBlock, name) ?? null]
  return update && value !== null && old !== null && !sameJson(old, value)
}

/**
 * True where a setting that the CRD defaults is absent. The API server fills every default at once, so a gap shows that it
 * never saw the object: a file, or a review made by hand.
 */
export function wasNeverDefaulted(block: unknown, { defaults }: StockDefaults): boolean {
  return Object.keys(defaults).some(name => {
    const value = own(block, name)
    return value === undefined || value === null
  })
}

type Applied = { readonly fields: ReadonlySet<string>; readonly annotations: readonly string[] }
const NOTHING: Applied = { fields: new Set(), annotations: [] }

function readLastApplied(text: string | undefined): Applied {
  if (text === undefined || !/liveMigrationConfig|migration-guard/.test(text)) return NOTHING
  try {
    const applied: unknown = JSON.parse(text)
    if (!isObject(applied)) return NOTHING
    const { block } = findConfig(applied)
    const fields = new Set(isObject(block) ? Object.keys(block) : [])
    return { fields, annotations: Object.keys(annotationsOf(applied)) }
  } catch {
    return NOTHING
  }
}

/** The setting names in a `pinned` annotation; others are not ours to keep. */
export function readPinned(text: string | undefined): ReadonlySet<string> {
  return new Set(
    (text ?? '')
      .split(',')
      .map(name => name.trim())
      .filter(isFieldName),
  )
}
