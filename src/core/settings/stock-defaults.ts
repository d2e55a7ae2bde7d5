import { isObject, type JsonObject, own } from '../json.ts'
import { readHcoVersion } from './hco-version.ts'
import { apiVersionOf, findConfig, reportedVersion } from './hyperconverged.ts'
import type { FieldName, RawConfig } from './live-migration-config.ts'

/** What a version of the CRD knows and fills in by itself, before any webhook sees the object. */
export type StockDefaults = {
  /** The fields that the version's schema has; others would be pruned. */
  readonly known: readonly FieldName[]
  readonly defaults: RawConfig
  /** Where this comes from, for messages: `the CRD` or `HCO 1.14`. */
  readonly source: string
}

const NUMBERS: readonly FieldName[] = [
  'parallelMigrationsPerCluster',
  'parallelOutboundMigrationsPerNode',
  'bandwidthPerMigration',
  'completionTimeoutPerGiB',
  'progressTimeout',
]
const WITH_NETWORK: readonly FieldName[] = [...NUMBERS, 'network']
const WITH_BOOLEANS: readonly FieldName[] = [...WITH_NETWORK, 'allowAutoConverge', 'allowPostCopy']

const base = {
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 2,
  progressTimeout: 150,
} as const
const booleans = { allowAutoConverge: false, allowPostCopy: false } as const

type Era = readonly [minor: number, known: readonly FieldName[], defaults: RawConfig]

// From the CRDs in the release branches and tags of kubevirt/hyperconverged-cluster-operator
// (deploy/crds/hco00.crd.yaml). The first entry not above the wanted version applies,
// else the oldest.
const ERAS: readonly Era[] = [
  [
    19,
    [...WITH_BOOLEANS, 'allowWorkloadDisruption'],
    {
      ...base,
      ...booleans,
      parallelOutboundMigrationsPerNode: 1,
      completionTimeoutPerGiB: 20,
      allowWorkloadDisruption: false,
    },
  ],
  [14, WITH_BOOLEANS, { ...base, ...booleans, completionTimeoutPerGiB: 150 }],
  [9, WITH_BOOLEANS, { ...base, ...booleans, completionTimeoutPerGiB: 800 }],
  [6, WITH_NETWORK, { ...base, completionTimeoutPerGiB: 800 }],
  [5, NUMBERS, { ...base, completionTimeoutPerGiB: 800 }],
]
const OLDEST: Era = [
  0,
  NUMBERS,
  { ...base, completionTimeoutPerGiB: 800, bandwidthPerMigration: '64Mi' },
]

/**
 * The embedded defaults of an HCO version such as `1.17` or `1.17.3`, or of the version of OpenShift Virtualization that has
 * it; a later one than the table knows gets the last entry.
 */
export function embeddedStock(version: string): StockDefaults | undefined {
  const minor = readHcoVersion(version)?.minor
  return minor === undefined ? undefined : stockOfMinor(minor)
}

function stockOfMinor(minor: number): StockDefaults {
  const [, known, defaults] = ERAS.find(([from]) => minor >= from) ?? OLDEST
  return { known, defaults, source: `HCO 1.${minor}` }
}

/**
 * The stock defaults under which an object was admitted: the live CRD's for its API version, else the embedded ones of the
 * configured version, of the version the object reports, or of what its fields show (`allowWorkloadDisruption` came with 1.19).
 */
export function stockFor(
  object: JsonObject,
  fromCrd: Readonly<Record<string, StockDefaults>>,
  hcoVersion: string | null,
): StockDefaults {
  const version = apiVersionOf(object)
  const live = Object.hasOwn(fromCrd, version) ? fromCrd[version] : undefined
  const reported = reportedVersion(object)
  return (
    live ??
    (hcoVersion === null ? undefined : embeddedStock(hcoVersion)) ??
    (reported === undefined ? undefined : embeddedStock(reported)) ??
    stockOfMinor(hasWorkloadDisruption(object) ? 19 : 18)
  )
}

function hasWorkloadDisruption(object: JsonObject): boolean {
  const { block } = findConfig(object)
  return isObject(block) && own(block, 'allowWorkloadDisruption') !== undefined
}
