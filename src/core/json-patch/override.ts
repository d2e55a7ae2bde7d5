import { JSON_PATCH } from '../annotations.ts'
import { isObject, type JsonObject, own, show } from '../json.ts'
import { FIELD_NAMES, type ReadConfig, readConfig } from '../settings/live-migration-config.ts'
import { rewriteQuantity } from '../settings/stored-quantity.ts'
import { applyMigrationsPatch } from './json-patch.ts'
import { caseVariantsOf, foldCase, type Overreach } from './overreach.ts'

/**
 * Who may read the patch: RFC 6902, HCO, and both with a KubeVirt before 1.5, whose API has no allowWorkloadDisruption, so that
 * it is dropped (kubevirt staging/src/kubevirt.io/api/core/v1 types.go, release-1.4).
 */
export const READINGS = ['rfc', 'hco', 'rfc before 1.5', 'hco before 1.5'] as const

export type Reading = (typeof READINGS)[number]

/** What annotation `kubevirt.kubevirt.io/jsonpatch` makes of the settings. */
export type Override = {
  /** The settings as they may come out, by who reads the patch; empty where it is malformed. */
  readonly results: ReadonlyMap<Reading, ReadConfig>
  readonly text: string
  /** Why the patch is malformed, or null. */
  readonly problem: string | null
  /** What in it no setting may do, or cannot be followed; of a malformed one, why HCO may apply it all the same. */
  readonly forbidden: readonly Overreach[]
}

// KubeVirt MigrationConfiguration fields that HyperConverged does not offer and that make migration unsafe.
const UNSAFE_SWITCHES = ['disableTLS', 'unsafeMigrationOverride'] as const

const findFieldVariants = caseVariantsOf(FIELD_NAMES)

/** Simulates the jsonpatch annotation on the settings; null where there is none. */
export function readOverride(
  annotations: Readonly<Record<string, string>>,
  block: unknown,
): Override | null {
  const text = annotations[JSON_PATCH]
  if (text === undefined) return null
  const rendered = renderMigrations(block)
  const patched = applyMigrationsPatch(text, rendered)
  if (patched.problem !== null)
    return { text, results: new Map(), problem: patched.problem, forbidden: patched.overreaches }
  const { migrations, overreaches } = patched
  const forbidden = [
    ...overreaches,
    ...unsafeSwitches(migrations),
    ...findFieldVariants(migrations),
  ]
  const asHco = mergeLikeHco(rendered, migrations)
  const [rfc, hco] = [readConfig(migrations), readConfig(asHco)]
  // Where the CRD has the field, KubeVirt has it as well.
  const isKnown = own(block, DISRUPTION) !== undefined
  const results = new Map<Reading, ReadConfig>([
    ['rfc', rfc],
    ['hco', hco],
    ['rfc before 1.5', isKnown ? rfc : readConfig(withoutDisruption(migrations))],
    ['hco before 1.5', isKnown ? hco : readConfig(withoutDisruption(asHco))],
  ])
  return { text, results, problem: null, forbidden }
}

const DISRUPTION = 'allowWorkloadDisruption'

function withoutDisruption(migrations: unknown): unknown {
  if (!isObject(migrations)) return migrations
  const { [DISRUPTION]: _, ...rest } = migrations
  return rest
}

// HCO renders the settings under the same names, and the bandwidth as a resource.Quantity
// (controllers/handlers/kubevirt.go hcLiveMigrationToKv).
function renderMigrations(block: unknown): JsonObject {
  const rendered: Record<string, unknown> = {}
  if (isObject(block))
    for (const name of FIELD_NAMES)
      if (block[name] !== undefined && block[name] !== null) rendered[name] = block[name]
  const { bandwidthPerMigration } = rendered
  if (typeof bandwidthPerMigration === 'string')
    rendered.bandwidthPerMigration = rewriteQuantity(bandwidthPerMigration)
  return rendered
}

// HCO decodes the patched JSON over the object it rendered before, so a field the patch removed keeps its old value
// (controllers/operands/operand.go applyAnnotationPatch). A null clears it.
function mergeLikeHco(rendered: JsonObject, migrations: unknown): unknown {
  if (migrations === undefined) return rendered
  return isObject(migrations) ? { ...rendered, ...migrations } : migrations
}

function unsafeSwitches(migrations: unknown): readonly Overreach[] {
  if (!isObject(migrations)) return []
  return Object.entries(migrations)
    .filter(([key, value]) => isUnsafeSwitch(key) && value !== false && value !== null)
    .map(entry => ({ what: `it sets ${show(entry[0])} to ${show(entry[1])}`, cause: entry }))
}

function isUnsafeSwitch(key: string): boolean {
  return UNSAFE_SWITCHES.some(name => foldCase(name) === foldCase(key))
}
