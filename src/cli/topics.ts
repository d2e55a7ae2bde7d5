import {
  DATA,
  FILLED,
  JSON_PATCH,
  NETWORK_STABILITY,
  PINNED,
  WORKLOAD,
  WORKLOAD_PROFILE,
} from '../core/annotations.ts'
import type { RuleId } from '../core/rules/rule-ids.ts'
import type { FieldName } from '../core/settings/live-migration-config.ts'

const POST_COPY: readonly RuleId[] = [
  'post-copy-unstable-network',
  'post-copy-critical-data',
  'post-copy-inert',
  'workload-disruption-pauses',
]

const SETTINGS: Readonly<Record<FieldName, readonly RuleId[]>> = {
  bandwidthPerMigration: ['bandwidth-oversubscribed'],
  completionTimeoutPerGiB: ['completion-timeout-long', 'post-copy-inert'],
  parallelMigrationsPerCluster: [
    'parallel-migrations-too-high',
    'migrations-disabled',
    'outbound-exceeds-cluster',
  ],
  parallelOutboundMigrationsPerNode: [
    'outbound-migrations-too-high',
    'migrations-disabled',
    'outbound-exceeds-cluster',
    'bandwidth-oversubscribed',
  ],
  progressTimeout: ['progress-timeout-low'],
  network: ['network-invalid', 'network-missing', 'post-copy-unstable-network'],
  allowAutoConverge: [],
  allowPostCopy: POST_COPY,
  allowWorkloadDisruption: POST_COPY,
}

const HEAVY: readonly RuleId[] = [
  'parallel-migrations-too-high',
  'outbound-migrations-too-high',
  'completion-timeout-long',
  'progress-timeout-low',
]

const KEYS: Readonly<Record<string, readonly RuleId[]>> = {
  [NETWORK_STABILITY]: ['post-copy-unstable-network'],
  [DATA]: ['post-copy-critical-data'],
  [WORKLOAD]: HEAVY,
  [WORKLOAD_PROFILE]: HEAVY,
  [JSON_PATCH]: ['json-patch-override', 'invalid-value'],
}

/** The rules by what people have at hand besides the id of one: a setting, or the key of a label or an annotation. */
export const TOPICS: ReadonlyMap<string, readonly RuleId[]> = new Map([
  // Any value may be of the wrong type.
  ...Object.entries(SETTINGS).map(([name, rules]) => [name, [...rules, 'invalid-value']] as const),
  ...Object.entries(KEYS),
] satisfies readonly (readonly [string, readonly RuleId[]])[])

/** The keys that no rule is about, and what they are. */
export const RECORDS: ReadonlyMap<string, string> = new Map([
  [
    FILLED,
    'The guard writes it on the HyperConverged: the settings that it filled, with their values.',
  ],
  [
    PINNED,
    'The guard writes it on the HyperConverged, and so may you: the settings whose stock value is wanted, which it then does not fill.',
  ],
])

/** Where more is said of these. */
export const RECORDS_PAGE = 'docs/how-it-decides.md'
