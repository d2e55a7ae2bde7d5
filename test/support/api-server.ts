import jsonpatch from 'fast-json-patch'
import { type Decision, decide } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { isObject, type JsonObject, sameJson } from '../../src/core/json.ts'
import { ERAS, type EraName } from './eras.ts'
import {
  annotationsOf,
  hyperConverged,
  requestOf,
  type Texts,
  type Values,
  type Version,
} from './review.ts'

/**
 * What matters here of an API server that serves one HyperConverged: pruning and defaults by the CRD, field management, and
 * the mutating webhook between them (kubernetes apiserver handlers/create.go and update.go, structured-merge-diff
 * merge/update.go).
 */
export type Server = {
  readonly era: EraName
  readonly version: Version
  readonly context: DecisionContext
  readonly stored: JsonObject | null
  readonly seconds: number
}

/** A file as a user keeps it: settings and annotations, nothing else. */
export type Manifest = { readonly settings?: Values; readonly annotations?: Texts }

/** How a user brings a manifest, or changes, to the server; in changes an `undefined` removes. */
export type Client = 'create' | 'apply' | 'server-side-apply' | 'replace' | 'edit' | 'patch'

export type Sent = {
  readonly server: Server
  /** null where the client had nothing to send. */
  readonly mutation: Decision | null
  readonly request: ReturnType<typeof requestOf> | null
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const MANAGERS: Readonly<Record<Client, string>> = {
  create: 'kubectl-create',
  apply: 'kubectl-client-side-apply',
  'server-side-apply': 'kubectl',
  replace: 'kubectl-replace',
  edit: 'kubectl-edit',
  patch: 'kubectl-patch',
}

/** Sends as the client does; `wait` lets a second pass before. */
export function send(server: Server, client: Client, manifest: Manifest, wait = true): Sent {
  const at = { ...server, seconds: server.seconds + (wait ? 1 : 0) }
  const sent = { server: at, mutation: null, request: null }
  const { stored } = at
  if (client === 'server-side-apply') return serverSideApply(at, manifest)
  if (client === 'apply') return clientSideApply(at, manifest)
  if (client === 'edit' || client === 'patch') {
    if (stored === null) return sent
    const changes = Object.fromEntries(
      Object.entries(manifest.settings ?? {}).map(([name, value]) => [name, value ?? null]),
    )
    const annotations = manifest.annotations ?? {}
    const patch = toObject(at.version, { settings: changes, annotations })
    return update(at, client, mergePatch(stored, patch) as JsonObject)
  }
  const object = toObject(at.version, manifest)
  if (stored === null) return update(at, client === 'replace' ? 'create' : client, object)
  return client === 'create' ? sent : update(at, client, object)
}

/** The settings as they are stored. */
export function settingsOf(object: JsonObject | null): Values {
  return (blockOf(object) ?? {}) as Values
}

// ── the clients

function clientSideApply(server: Server, manifest: Manifest): Sent {
  const bare = toObject(server.version, manifest)
  const applied = `${JSON.stringify(bare)}\n`
  const modified = toObject(server.version, {
    ...manifest,
    annotations: { ...manifest.annotations, [LAST_APPLIED]: applied },
  })
  const { stored } = server
  if (stored === null) return update(server, 'apply', modified)
  const text = annotationsOf(stored)[LAST_APPLIED]
  const original = text === undefined ? {} : (JSON.parse(text) as JsonObject)
  const patch = threeWayPatch(original, modified, stored)
  if (Object.keys(patch).length === 0) return { server, mutation: null, request: null }
  return update(server, 'apply', mergePatch(stored, patch) as JsonObject)
}

// kubernetes apimachinery pkg/util/jsonmergepatch: what is added or changed against the live object, what was removed
// against the last applied one.
function threeWayPatch(
  original: JsonObject,
  modified: JsonObject,
  current: JsonObject,
): JsonObject {
  const patch: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(modified)) {
    const inner = current[key]
    const before = original[key]
    if (isObject(value) && isObject(inner)) {
      const nested = threeWayPatch(isObject(before) ? before : {}, value, inner)
      if (Object.keys(nested).length > 0) patch[key] = nested
    } else if (!sameJson(value, inner)) patch[key] = value
  }
  for (const key of Object.keys(original)) if (!Object.hasOwn(modified, key)) patch[key] = null
  return patch
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

function serverSideApply(server: Server, manifest: Manifest): Sent {
  const { stored, version } = server
  const live = stored ?? toObject(version, {})
  const leaves = leavesOf(toObject(version, manifest))
  leaves.delete(BLOCK)
  const entries = entriesOf(stored)
  const own = entries.find(isOf('kubectl', 'Apply'))
  const dropped = [...(own?.leaves.keys() ?? [])].filter(
    leaf => !leaves.has(leaf) && !entries.some(entry => entry !== own && entry.leaves.has(leaf)),
  )
  const merged = setLeaves(live, leaves, dropped)
  const now = admitted(server, merged)
  if (stored !== null && own && sameSet(own.leaves, leaves) && sameState(stored, now))
    return deliver(server, 'server-side-apply', withEntries(now, entries))
  const changed = new Set(
    [...leaves]
      .filter(([leaf, value]) => !sameJson(leavesOf(live).get(leaf), value))
      .map(([leaf]) => leaf),
  )
  const others = entries
    .filter(entry => entry !== own)
    .map(entry => without(entry, new Set([...changed, ...dropped])))
  const mine = { manager: 'kubectl', operation: 'Apply', leaves, time: timeOf(server) }
  return deliver(server, 'server-side-apply', withEntries(now, [...others, mine]))
}

function update(server: Server, client: Client, object: JsonObject): Sent {
  const { stored } = server
  const now = admitted(server, object)
  const [before, after] = [stored === null ? new Map() : leavesOf(stored), leavesOf(now)]
  const took = new Map([...after].filter(([leaf, value]) => !sameJson(before.get(leaf), value)))
  const gone = new Set([...before.keys()].filter(leaf => !after.has(leaf)))
  const entries = entriesOf(stored)
  const own = entries.find(isOf(MANAGERS[client], 'Update'))
  const lost = new Set([...took.keys(), ...gone])
  const others = entries.filter(entry => entry !== own).map(entry => without(entry, lost))
  const kept = own && without(own, lost)
  const mine =
    took.size === 0
      ? kept
      : {
          manager: MANAGERS[client],
          operation: 'Update',
          leaves: new Map([...(kept?.leaves ?? []), ...took]),
          time: timeOf(server),
        }
  return deliver(server, client, withEntries(now, mine ? [...others, mine] : others))
}

// ── admission

function deliver(server: Server, client: Client, object: JsonObject): Sent {
  const { stored, context } = server
  const operation = stored === null ? 'CREATE' : 'UPDATE'
  const fieldManager = MANAGERS[client]
  const request = requestOf(operation, object, stored, { fieldManager })
  const mutation = decide('mutate', request, context)
  const { newDocument } = jsonpatch.applyPatch(
    jsonpatch.deepClone(object),
    mutation.patch as never,
    true,
  )
  const metadata = (newDocument as JsonObject).metadata
  const result = { ...admitted(server, newDocument as JsonObject), metadata }
  return { server: { ...server, stored: result }, mutation, request }
}

/** Unknown settings are pruned, missing and null ones defaulted. */
function admitted({ era, version, stored }: Server, object: JsonObject): JsonObject {
  const { known, defaults } = ERAS[era]
  const names: readonly string[] = known
  const written = Object.entries(blockOf(object) ?? {}).filter(
    ([name, value]) => names.includes(name) && value !== null && value !== undefined,
  )
  const block = { ...defaults, ...Object.fromEntries(written) }
  const annotations = annotationsOf(object)
  const managedFields = stored === null ? [] : (stored.metadata as Values).managedFields
  return { ...toObject(version, { settings: block, annotations }, { managedFields }) }
}

// ── objects, and who owns which leaf of them

const BLOCK = '.'
type Leaves = ReadonlyMap<string, unknown>
type Entry = {
  readonly manager: string
  readonly operation: string
  readonly leaves: Leaves
  readonly time: string
}

function toObject(
  version: Version,
  { settings, annotations }: Manifest,
  metadata: Values = {},
): JsonObject {
  return hyperConverged(settings, annotations, version, metadata)
}

function blockOf(object: JsonObject | null): JsonObject | undefined {
  const spec = object?.spec as { liveMigrationConfig?: JsonObject; virtualization?: JsonObject }
  return object?.apiVersion === 'hco.kubevirt.io/v1'
    ? (spec?.virtualization?.liveMigrationConfig as JsonObject | undefined)
    : spec?.liveMigrationConfig
}

function leavesOf(object: JsonObject): Map<string, unknown> {
  const block = blockOf(object)
  return new Map<string, unknown>([
    ...(block === undefined ? [] : [[BLOCK, true] as const]),
    ...Object.entries(block ?? {}).map(([name, value]) => [`s:${name}`, value] as const),
    ...Object.entries(annotationsOf(object)).map(([key, text]) => [`a:${key}`, text] as const),
  ])
}

function setLeaves(object: JsonObject, leaves: Leaves, gone: readonly string[]): JsonObject {
  const all = new Map([...leavesOf(object), ...leaves])
  for (const leaf of gone) all.delete(leaf)
  const pick = (prefix: string) =>
    Object.fromEntries(
      [...all]
        .filter(([leaf]) => leaf.startsWith(prefix))
        .map(([leaf, value]) => [leaf.slice(2), value]),
    )
  const version = object.apiVersion === 'hco.kubevirt.io/v1' ? 'v1' : 'v1beta1'
  return toObject(version, { settings: pick('s:'), annotations: pick('a:') as Texts })
}

function entriesOf(object: JsonObject | null): Entry[] {
  const raw = ((object?.metadata as Values | undefined)?.managedFields ?? []) as readonly Values[]
  return raw.map(entry => {
    const fields = entry.fieldsV1 as Record<string, Record<string, Record<string, Values>>>
    const spec = fields['f:spec'] ?? {}
    const block =
      spec['f:liveMigrationConfig'] ?? spec['f:virtualization']?.['f:liveMigrationConfig'] ?? {}
    const annotations = fields['f:metadata']?.['f:annotations'] ?? {}
    const leaves = new Map<string, unknown>([
      ...Object.keys(block).map(key => [key === '.' ? BLOCK : `s:${key.slice(2)}`, true] as const),
      ...Object.keys(annotations).map(key => [`a:${key.slice(2)}`, true] as const),
    ])
    return {
      manager: String(entry.manager),
      operation: String(entry.operation),
      leaves,
      time: String(entry.time),
    }
  })
}

function withEntries(object: JsonObject, entries: readonly Entry[]): JsonObject {
  const v1 = object.apiVersion === 'hco.kubevirt.io/v1'
  const managedFields = entries
    .filter(({ leaves }) => leaves.size > 0)
    .map(({ manager, operation, leaves, time }) => {
      const names = [...leaves.keys()]
      const block = Object.fromEntries(
        names
          .filter(leaf => !leaf.startsWith('a:'))
          .map(leaf => [leaf === BLOCK ? '.' : `f:${leaf.slice(2)}`, {}]),
      )
      const annotations = Object.fromEntries(
        names.filter(leaf => leaf.startsWith('a:')).map(leaf => [`f:${leaf.slice(2)}`, {}]),
      )
      const inSpec = { 'f:liveMigrationConfig': block }
      return {
        apiVersion: object.apiVersion,
        fieldsType: 'FieldsV1',
        fieldsV1: {
          ...(Object.keys(annotations).length > 0 && {
            'f:metadata': { 'f:annotations': annotations },
          }),
          ...(Object.keys(block).length > 0 && {
            'f:spec': v1 ? { 'f:virtualization': inSpec } : inSpec,
          }),
        },
        manager,
        operation,
        time,
      }
    })
  return { ...object, metadata: { ...(object.metadata as Values), managedFields } }
}

function isOf(manager: string, operation: string) {
  return (entry: Entry) => entry.manager === manager && entry.operation === operation
}

function without(entry: Entry, lost: ReadonlySet<string>): Entry {
  return { ...entry, leaves: new Map([...entry.leaves].filter(([leaf]) => !lost.has(leaf))) }
}

function sameSet(one: Leaves, other: Leaves): boolean {
  return one.size === other.size && [...one.keys()].every(leaf => other.has(leaf))
}

function sameState(one: JsonObject, other: JsonObject): boolean {
  return sameJson(one.spec, other.spec) && sameJson(annotationsOf(one), annotationsOf(other))
}

function timeOf({ seconds }: Server): string {
  return new Date(Date.parse('2026-11-23T08:00:00Z') + seconds * 1000)
    .toISOString()
    .replace('.000', '')
}
