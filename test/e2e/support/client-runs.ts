import { type ApiVersion, type Era, hasField } from '../../../src/control-plane/crds/eras.ts'
import type { Settings } from './clients.ts'
import { filled, SUGGESTS_POST_COPY } from './said.ts'

/** What is written at first. */
export const BASE = { parallelMigrationsPerCluster: 5, progressTimeout: 150 }
const GIVEN = { ...BASE, bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 }
const NO_POST_COPY = { allowAutoConverge: false, allowPostCopy: false }

/** An era in one of its API versions. */
export type Run = {
  readonly era: Era
  readonly version: ApiVersion
  readonly path: string
  /** What etcd holds after filling, and what was said of it. */
  readonly settings: Settings
  readonly fillings: readonly string[]
  readonly record: string
  /** What is filled once heavy workloads are declared. */
  readonly postCopy: Settings
  /** Only these, and of the rest only what differs from era to era; all when not given. */
  readonly clients?: readonly string[]
}

const OLD = 'spec.liveMigrationConfig'
const NEW = 'spec.virtualization.liveMigrationConfig'
const FEW = ['edit', 'apply']

// 1.14 has what 1.18 has.
const SINCE_1_14 = {
  settings: { ...GIVEN, ...NO_POST_COPY, completionTimeoutPerGiB: 150 },
  fillings: [
    filled('bandwidthPerMigration', '0Mi', undefined),
    filled('parallelOutboundMigrationsPerNode', 1, 2),
  ],
  record: 'bandwidthPerMigration=0Mi,parallelOutboundMigrationsPerNode=1',
  postCopy: { allowPostCopy: true },
}
const SINCE_1_19 = {
  settings: {
    ...{ ...GIVEN, ...NO_POST_COPY, completionTimeoutPerGiB: 20 },
    allowWorkloadDisruption: false,
  },
  fillings: [filled('bandwidthPerMigration', '0Mi', undefined)],
  record: 'bandwidthPerMigration=0Mi',
  postCopy: { allowPostCopy: true, allowWorkloadDisruption: true },
}

export const RUNS: readonly Run[] = [
  {
    ...{ era: '1.4', version: 'v1beta1', path: OLD, clients: FEW },
    settings: { ...GIVEN, completionTimeoutPerGiB: 150 },
    fillings: [
      filled('bandwidthPerMigration', '0Mi', '64Mi'),
      filled('completionTimeoutPerGiB', 150, 800),
      filled('parallelOutboundMigrationsPerNode', 1, 2),
    ],
    record:
      'bandwidthPerMigration=0Mi,completionTimeoutPerGiB=150,parallelOutboundMigrationsPerNode=1',
    postCopy: {},
  },
  {
    ...{ era: '1.9', version: 'v1beta1', path: OLD, clients: FEW },
    settings: { ...GIVEN, ...NO_POST_COPY, completionTimeoutPerGiB: 150 },
    fillings: [
      filled('bandwidthPerMigration', '0Mi', undefined),
      filled('completionTimeoutPerGiB', 150, 800),
      filled('parallelOutboundMigrationsPerNode', 1, 2),
    ],
    record:
      'bandwidthPerMigration=0Mi,completionTimeoutPerGiB=150,parallelOutboundMigrationsPerNode=1',
    postCopy: { allowPostCopy: true },
  },
  { ...{ era: '1.14', version: 'v1beta1', path: OLD, clients: FEW }, ...SINCE_1_14 },
  { ...{ era: '1.18', version: 'v1beta1', path: OLD }, ...SINCE_1_14 },
  { ...{ era: '1.18', version: 'v1', path: NEW, clients: FEW }, ...SINCE_1_14 },
  { ...{ era: '1.19', version: 'v1', path: NEW }, ...SINCE_1_19 },
  { ...{ era: '1.19', version: 'v1beta1', path: OLD, clients: FEW }, ...SINCE_1_19 },
]

/** That post copy is the guidance; where there is such a field. */
export const suggests = ({ era }: Run) =>
  hasField(era, 'allowPostCopy') ? [SUGGESTS_POST_COPY] : []
