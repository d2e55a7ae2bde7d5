import { at, isObject, type JsonObject, own, textAt } from '../json.ts'
import type { FieldName } from './live-migration-config.ts'

/** The API group of HyperConverged. */
export const HCO_GROUP = 'hco.kubevirt.io'

/** The only name of a HyperConverged that HCO reconciles; nothing stops anybody from creating others beside it. */
const HCO_NAME = 'kubevirt-hyperconverged'

/** The HyperConverged that HCO serves, of several: in its own namespace where that is known, else the first of that name. */
export function servedOne(
  objects: Iterable<JsonObject>,
  namespace: string | null,
): JsonObject | null {
  const named = [...objects].filter(object => textAt(object, ['metadata', 'name']) === HCO_NAME)
  const atHome = named.find(object => textAt(object, ['metadata', 'namespace']) === namespace)
  return atHome ?? named[0] ?? null
}

const V1BETA1_PATH = ['spec', 'liveMigrationConfig'] as const
const V1_PATH = ['spec', 'virtualization', 'liveMigrationConfig'] as const

/** The places of the settings in all versions, the newest first. */
export const CONFIG_PATHS = [V1_PATH, V1BETA1_PATH] as const

/** Where the live-migration settings of an object are, and what stands there. */
export type ConfigBlock = {
  readonly path: readonly string[]
  readonly block: unknown
  /** False for an API version this program has not seen. */
  readonly knownVersion: boolean
}

/** Finds the block by the object's own apiVersion; for an unknown version it looks in both places and prefers v1's. */
export function findConfig(object: JsonObject): ConfigBlock {
  const version = apiVersionOf(object)
  if (version === 'v1beta1')
    return { path: V1BETA1_PATH, block: at(object, V1BETA1_PATH), knownVersion: true }
  if (version === 'v1') return { path: V1_PATH, block: at(object, V1_PATH), knownVersion: true }
  const block = at(object, V1_PATH) ?? undefined
  const older = at(object, V1BETA1_PATH) ?? undefined
  if (block === undefined && older !== undefined)
    return { path: V1BETA1_PATH, block: older, knownVersion: false }
  return { path: V1_PATH, block, knownVersion: false }
}

/** The version part of the object's apiVersion, `v1` in `hco.kubevirt.io/v1`. */
export function apiVersionOf(object: JsonObject): string {
  const apiVersion = own(object, 'apiVersion')
  return typeof apiVersion === 'string' ? apiVersion.slice(apiVersion.indexOf('/') + 1) : ''
}

/** The path of one setting (null: of all) as it stands in messages: `spec.liveMigrationConfig.allowPostCopy`. */
export function fieldPath(path: readonly string[], name: FieldName | null): string {
  return [...path, ...(name === null ? [] : [name])].join('.')
}

/** What stands in every place a block can be in, so that a change of any counts as a change of the settings; null is absent. */
export function allBlocks(object: JsonObject): readonly unknown[] {
  return CONFIG_PATHS.map(path => at(object, path) ?? null)
}

/** The place where an object has no settings, because another version has them there. */
export function placeElsewhere(object: JsonObject): readonly string[] {
  return findConfig(object).path === V1_PATH ? V1BETA1_PATH : V1_PATH
}

/** What stands in that place; null where nothing does. */
export function blockElsewhere(object: JsonObject): unknown {
  return at(object, placeElsewhere(object)) ?? null
}

/** The version that HCO itself reports in `status.versions`, such as 1.17.3. */
export function reportedVersion(object: JsonObject): string | undefined {
  const versions = at(object, ['status', 'versions'])
  if (!Array.isArray(versions)) return undefined
  const entry = versions.find(item => own(item, 'name') === 'operator')
  const version = isObject(entry) ? own(entry, 'version') : undefined
  return typeof version === 'string' ? version : undefined
}
