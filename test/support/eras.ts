import type { JsonObject } from '../../src/core/json.ts'
import { hyperConverged, type Texts, type Values, type Version } from './review.ts'

/** A release of HCO as its CRD makes it: versions served, settings known, defaults written before admission. */
export type Era = {
  readonly versions: readonly Version[]
  readonly known: readonly string[]
  readonly defaults: Values
}

const NUMBERS = [
  'bandwidthPerMigration',
  'completionTimeoutPerGiB',
  'parallelMigrationsPerCluster',
  'parallelOutboundMigrationsPerNode',
  'progressTimeout',
]
const BOOLEANS = [...NUMBERS, 'network', 'allowAutoConverge', 'allowPostCopy']

const numbers = {
  completionTimeoutPerGiB: 800,
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 2,
  progressTimeout: 150,
}
const booleans = { allowAutoConverge: false, allowPostCopy: false }
const modern = {
  versions: ['v1', 'v1beta1'],
  known: [...BOOLEANS, 'allowWorkloadDisruption'],
  defaults: {
    ...numbers,
    ...booleans,
    allowWorkloadDisruption: false,
    completionTimeoutPerGiB: 20,
    parallelOutboundMigrationsPerNode: 1,
  },
} as const
const middle = {
  versions: ['v1beta1'],
  known: BOOLEANS,
  defaults: { ...numbers, ...booleans, completionTimeoutPerGiB: 150 },
} as const

/** Written down from the CRDs of the releases, on purpose not read from the program under test. */
export const ERAS = {
  '1.4': {
    versions: ['v1beta1'],
    known: NUMBERS,
    defaults: { ...numbers, bandwidthPerMigration: '64Mi' },
  },
  '1.9': { versions: ['v1beta1'], known: BOOLEANS, defaults: { ...numbers, ...booleans } },
  '1.13': { versions: ['v1beta1'], known: BOOLEANS, defaults: { ...numbers, ...booleans } },
  '1.14': middle,
  '1.17': middle,
  '1.19': modern,
  '1.20': modern,
} as const satisfies Readonly<Record<string, Era>>

export type EraName = keyof typeof ERAS
export const ERA_NAMES = Object.keys(ERAS) as readonly EraName[]

/** One era of each path of the settings, as most tests need it. */
export const BOTH_PATHS: readonly { readonly era: EraName; readonly version: Version }[] = [
  { era: '1.17', version: 'v1beta1' },
  { era: '1.20', version: 'v1' },
]

/** A HyperConverged as the API server of an era hands it to a webhook: defaults under what is given, `undefined` left out. */
export function stored(
  era: EraName,
  settings: Values = {},
  annotations: Texts = {},
  version: Version = ERAS[era].versions[0],
  metadata: Values = {},
): JsonObject {
  const block = Object.fromEntries(
    Object.entries({ ...ERAS[era].defaults, ...settings }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  return hyperConverged(block, annotations, version, metadata)
}

/** The CustomResourceDefinition of an era, with defaults on every level as HCO ships them; some may be changed. */
export function crdOf(era: EraName, changes: Values = {}): JsonObject {
  const { known, versions } = ERAS[era]
  const defaults = { ...ERAS[era].defaults, ...changes }
  const properties = Object.fromEntries(
    known.map(name => [
      name,
      name in defaults ? { default: (defaults as Values)[name] } : { type: 'string' },
    ]),
  )
  const block = { type: 'object', default: defaults, properties }
  const inSpec = {
    v1beta1: {
      default: { liveMigrationConfig: defaults },
      properties: { liveMigrationConfig: block },
    },
    v1: {
      default: { virtualization: { liveMigrationConfig: defaults } },
      properties: {
        virtualization: {
          default: { liveMigrationConfig: defaults },
          properties: { liveMigrationConfig: block },
        },
      },
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'hyperconvergeds.hco.kubevirt.io' },
    spec: {
      group: 'hco.kubevirt.io',
      versions: versions.map(name => ({
        name,
        schema: { openAPIV3Schema: { properties: { spec: inSpec[name] } } },
      })),
    },
  }
}
