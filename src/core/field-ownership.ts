import type { AdmissionRequest } from './admission-review.ts'
import { annotationsOf, FILLED, LAST_APPLIED, PINNED } from './annotations.ts'
import { readFilled } from './filled-annotation.ts'
import { findConfig } from './hyperconverged.ts'
import { isObject, own, sameJson } from './json.ts'
import { type FieldName, isFieldName } from './live-migration-config.ts'
import {
  claimedAnnotations,
  isServerSideApply,
  type ManagedEntry,
  managedEvidence,
  readManagedFields,
} from './managed-fields.ts'
import type { StockDefaults } from './stock-defaults.ts'

/** Whose a field is: `open` to be filled, the `user`'s, or the user's because this request put it back to stock (`pin`). */
export type Owner = 'open' | 'user' | 'pin'

/** What is needed to tell whose a field is, read once from a request. */
export type Evidence = {
  readonly block: unknown
  readonly oldBlock: unknown
  readonly update: boolean
  readonly stock: StockDefaults
  readonly entries: readonly ManagedEntry[]
  readonly lastApplied: ReadonlySet<string>
  readonly pinned: ReadonlySet<string>
  readonly filled: ReadonlyMap<string, string>
  readonly oldFilled: ReadonlyMap<string, string>
  /** Annotations that a manifest names: ours among them are not ours to change, or every apply would change them back. */
  readonly claimed: ReadonlySet<string>
  /** A declarative client wrote the whole object: what it does not name was left open. */
  readonly declarative: boolean
}

/** Reads the evidence of what the author of a CREATE or UPDATE wrote. */
export function readEvidence(request: AdmissionRequest, stock: StockDefaults): Evidence {
  const object = request.object ?? {}
  const old = request.operation === 'UPDATE' ? request.oldObject : null
  const annotations = annotationsOf(object)
  const before = annotationsOf(old)
  const entries = readManagedFields(object)
  const applied = readLastApplied(annotations[LAST_APPLIED])
  const dropped = (key: string) => before[key] !== undefined && annotations[key] === undefined
  return {
    block: findConfig(object).block,
    oldBlock: old === null ? undefined : findConfig(old).block,
    update: old !== null,
    stock,
    entries,
    lastApplied: applied.fields,
    pinned: readPinned(annotations[PINNED]),
    filled: readFilled(annotations[FILLED]),
    oldFilled: readFilled(before[FILLED]),
    claimed: new Set([...applied.annotations, ...claimedAnnotations(entries)]),
    declarative:
      old !== null &&
      (isServerSideApply(entries, readManagedFields(old), request.fieldManager) ||
        before[LAST_APPLIED] !== annotations[LAST_APPLIED] ||
        dropped(FILLED) ||
        dropped(PINNED)),
  }
}

/** Tells whose a field is: the first line of the table that fits (docs/how-it-decides.md). */
export function ownerOf(name: FieldName, evidence: Evidence): Owner {
  const { block, stock } = evidence
  const value = own(block, name)
  if (value === undefined || value === null) return 'open'
  if (!sameJson(value, stock.defaults[name])) return 'user'
  if (wasNeverDefaulted(block, stock)) return 'user'
  const proof = proofOf(name, evidence)
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

function proofOf(name: FieldName, { entries, lastApplied, pinned }: Evidence) {
  if (lastApplied.has(name)) return 'apply'
  if (pinned.has(name)) return 'pinned'
  return managedEvidence(entries, name)
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
