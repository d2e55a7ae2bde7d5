import { at, isObject, type JsonObject, own, sortedText, textAt } from '../json.ts'
import type { FieldName } from '../settings/live-migration-config.ts'
import type { Naming } from './filling.ts'

/** One entry of metadata.managedFields, with the live-migration settings it holds. */
export type ManagedEntry = {
  readonly manager: string
  readonly operation: string
  readonly subresource: string
  readonly time: string
  /** Setting names; `holdsBlock` is the `.` of whoever created the block, whose entry also lists every default. */
  readonly fields: ReadonlySet<string>
  readonly holdsBlock: boolean
  /** The annotations it holds. */
  readonly annotations: readonly string[]
  readonly raw: unknown
}

/** Reads the managedFields of an object; each entry names its own API version and so its own place of the settings. */
export function readManagedFields(object: JsonObject | null): readonly ManagedEntry[] {
  const entries = at(object, ['metadata', 'managedFields'])
  return Array.isArray(entries) ? entries.filter(isObject).map(readEntry) : []
}

function readEntry(raw: JsonObject): ManagedEntry {
  const text = (key: string) => textAt(raw, [key]) ?? ''
  const spec = at(raw, ['fieldsV1', 'f:spec'])
  const v1 = at(spec, ['f:virtualization', 'f:liveMigrationConfig'])
  const block = text('apiVersion').endsWith('/v1beta1')
    ? own(spec, 'f:liveMigrationConfig')
    : (v1 ?? own(spec, 'f:liveMigrationConfig'))
  const keys = isObject(block) ? Object.keys(block) : []
  const annotations = at(raw, ['fieldsV1', 'f:metadata', 'f:annotations'])
  return {
    manager: text('manager'),
    operation: text('operation'),
    subresource: text('subresource'),
    time: text('time'),
    fields: new Set(namesIn(keys)),
    holdsBlock: keys.includes('.'),
    annotations: namesIn(isObject(annotations) ? Object.keys(annotations) : []),
    raw,
  }
}

function namesIn(keys: readonly string[]): string[] {
  return keys.filter(key => key.startsWith('f:')).map(key => key.slice(2))
}

// The names of HCO's binaries, which client-go uses as manager when none is sent (build/Dockerfile*).
const HCO_MANAGER = /^hyperconverged-cluster-/

/** How the entries show that a field was set on purpose: by an apply, by an update of just this field, or not at all. */
export function managedEvidence(
  entries: readonly ManagedEntry[],
  name: FieldName,
): Naming | undefined {
  const holders = entries.filter(entry => entry.subresource === '' && entry.fields.has(name))
  if (holders.some(({ operation }) => operation === 'Apply')) return 'apply'
  const set = holders.some(
    ({ operation, holdsBlock, manager }) =>
      operation === 'Update' && !holdsBlock && !HCO_MANAGER.test(manager),
  )
  return set ? 'update' : undefined
}

/** The annotations that the manifests of server-side applies name. */
export function claimedAnnotations(entries: readonly ManagedEntry[]): readonly string[] {
  return entries
    .filter(({ operation, subresource }) => operation === 'Apply' && subresource === '')
    .flatMap(({ annotations }) => annotations)
}

/**
 * True when this request is a server-side apply: the newest entry is an `Apply`. Times have whole seconds, so among equals
 * those count that this request touched, and of these the one of the request's own field manager.
 */
export function isServerSideApply(
  entries: readonly ManagedEntry[],
  before: readonly ManagedEntry[],
  fieldManager: string,
): boolean {
  const main = entries.filter(({ subresource }) => subresource === '')
  const newest = main
    .map(({ time }) => time)
    .sort()
    .at(-1)
  const latest = main.filter(({ time }) => time === newest)
  // Looked up by their text and not one by one: there may be thousands.
  const old = new Set(before.map(({ raw }) => sortedText(raw)))
  const touched = latest.filter(({ raw }) => !old.has(sortedText(raw)))
  const candidates = touched.length > 0 ? touched : latest
  const itsOwn = candidates.filter(({ manager }) => manager === fieldManager)
  return (itsOwn.length > 0 ? itsOwn : candidates).some(({ operation }) => operation === 'Apply')
}
