/** Releases of HCO whose CRD differs from the one before in what it serves or defaults. */
export const ERAS = ['1.4', '1.9', '1.14', '1.18', '1.19'] as const

export type Era = (typeof ERAS)[number]

/** The CRD's versions of one era, the stored one and the ones that are served. */
export type Versions = { readonly served: readonly ApiVersion[]; readonly stored: ApiVersion }

export type ApiVersion = 'v1beta1' | 'v1'

const OLD: Versions = { served: ['v1beta1'], stored: 'v1beta1' }

export const VERSIONS: Readonly<Record<Era, Versions>> = {
  '1.4': OLD,
  '1.9': OLD,
  '1.14': OLD,
  // HCO 2e2b93189 added v1, 485f93528 made it the stored version.
  '1.18': { served: ['v1', 'v1beta1'], stored: 'v1beta1' },
  '1.19': { served: ['v1', 'v1beta1'], stored: 'v1' },
}

/** What the CRD of an era writes into an empty `liveMigrationConfig`. */
export const DEFAULTS: Readonly<Record<Era, Readonly<Record<string, unknown>>>> = {
  '1.4': { bandwidthPerMigration: '64Mi', ...numbers(800, 2) },
  '1.9': { ...numbers(800, 2), allowAutoConverge: false, allowPostCopy: false },
  '1.14': { ...numbers(150, 2), allowAutoConverge: false, allowPostCopy: false },
  '1.18': { ...numbers(150, 2), allowAutoConverge: false, allowPostCopy: false },
  '1.19': {
    ...numbers(20, 1),
    ...{ allowAutoConverge: false, allowPostCopy: false, allowWorkloadDisruption: false },
  },
}

function numbers(completionTimeoutPerGiB: number, parallelOutboundMigrationsPerNode: number) {
  return {
    completionTimeoutPerGiB,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode,
    progressTimeout: 150,
  }
}

/** Whether an era has a field at all. */
export function hasField(era: Era, field: string): boolean {
  const since = SINCE[field]
  return since === undefined || ERAS.indexOf(era) >= ERAS.indexOf(since)
}

// The first of our eras with the field: `network` came with 1.6, the booleans with 1.9.
const SINCE: Readonly<Record<string, Era>> = {
  network: '1.9',
  allowAutoConverge: '1.9',
  allowPostCopy: '1.9',
  allowWorkloadDisruption: '1.19',
}
