import type { AdmissionRequest } from './admission-review.ts'
import { annotationsOf, FILLED, LAST_APPLIED, PINNED } from './annotations.ts'
import { findConfig } from './hyperconverged.ts'
import { isObject, own, sameJson } from './json.ts'
import { type FieldName, isFieldName } from './live-migration-config.ts'
import {
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
  readonly fromFile: boolean
  readonly stock: StockDefaults
  readonly entries: readonly ManagedEntry[]
  readonly lastApplied: ReadonlySet<string>
  readonly pinned: ReadonlySet<string>
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
  const ours = (map: Readonly<Record<string, string>>) =>
    map[FILLED] !== undefined || map[PINNED] !== undefined
  return {
    block: findConfig(object).block,
    oldBlock: old === null ? undefined : findConfig(old).block,
    update: old !== null,
    fromFile: request.fromFile,
    stock,
    entries,
    lastApplied: readLastApplied(annotations[LAST_APPLIED]),
    pinned: readPinned(annotations[PINNED]),
    declarative:
      old !== null &&
      (isServerSideApply(entries, readManagedFields(old), request.fieldManager) ||
        before[LAST_APPLIED] !== annotations[LAST_APPLIED] ||
        (ours(before) && !ours(annotations))),
  }
}

/** Tells whose a field is: the first line of the table that fits (docs/how-it-decides.md). */
export function ownerOf(name: FieldName, evidence: Evidence): Owner {
  const { block, oldBlock, stock, update } = evidence
  const value = own(block, name)
  if (value === undefined || value === null) return 'open'
  if (!sameJson(value, stock.defaults[name])) return 'user'
  if (evidence.fromFile || wasNeverDefaulted(block, stock)) return 'user'
  const old = own(oldBlock, name)
  const reset = update && old !== undefined && old !== null && !sameJson(old, value)
  const proof = proofOf(name, evidence)
  // An Update entry may be merged into ancient-changes later, so what it proves now is pinned as well.
  if (proof === 'update') return reset && !evidence.declarative ? 'pin' : 'user'
  if (proof !== undefined) return 'user'
  if (!reset) return 'open'
  return evidence.declarative ? 'open' : 'pin'
}

function proofOf(name: FieldName, { entries, lastApplied, pinned }: Evidence) {
  if (lastApplied.has(name)) return 'apply'
  if (pinned.has(name)) return 'pinned'
  return managedEvidence(entries, name)
}

// The API server fills every default at once, so a gap shows that it never saw the object: a file, a hand-made review.
function wasNeverDefaulted(block: unknown, { defaults }: StockDefaults): boolean {
  return Object.keys(defaults).some(name => {
    const value = own(block, name)
    return value === undefined || value === null
  })
}

function readLastApplied(text: string | undefined): ReadonlySet<string> {
  if (text === undefined || !text.includes('liveMigrationConfig')) return new Set()
  try {
    const applied: unknown = JSON.parse(text)
    const block = isObject(applied) ? findConfig(applied).block : undefined
    return new Set(isObject(block) ? Object.keys(block) : [])
  } catch {
    return new Set()
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
