import { bandwidthOversubscribed } from './bandwidth-oversubscribed.ts'
import { completionTimeoutLong } from './completion-timeout-long.ts'
import { exceptionInvalid } from './exception-invalid.ts'
import { exceptionUnauthorised } from './exception-unauthorised.ts'
import { invalidValue } from './invalid-value.ts'
import { jsonPatchOverride } from './json-patch-override.ts'
import { migrationsDisabled } from './migrations-disabled.ts'
import { networkInvalid } from './network-invalid.ts'
import { networkMissing } from './network-missing.ts'
import { outboundExceedsCluster } from './outbound-exceeds-cluster.ts'
import { outboundMigrationsTooHigh } from './outbound-migrations-too-high.ts'
import { parallelMigrationsTooHigh } from './parallel-migrations-too-high.ts'
import { postCopyCriticalData } from './post-copy-critical-data.ts'
import { postCopyInert } from './post-copy-inert.ts'
import { postCopyUnstableNetwork } from './post-copy-unstable-network.ts'
import { progressTimeoutLow } from './progress-timeout-low.ts'
import type { Rule } from './rule.ts'
import type { RuleId } from './rule-ids.ts'
import { workloadDisruptionPauses } from './workload-disruption-pauses.ts'

/** Every rule by its id, in the order in which findings are shown: what loses a VM comes first. */
export const CATALOGUE: Readonly<Record<RuleId, Rule>> = {
  'post-copy-unstable-network': postCopyUnstableNetwork,
  'post-copy-critical-data': postCopyCriticalData,
  'parallel-migrations-too-high': parallelMigrationsTooHigh,
  'outbound-migrations-too-high': outboundMigrationsTooHigh,
  'migrations-disabled': migrationsDisabled,
  'invalid-value': invalidValue,
  'post-copy-inert': postCopyInert,
  'workload-disruption-pauses': workloadDisruptionPauses,
  'completion-timeout-long': completionTimeoutLong,
  'progress-timeout-low': progressTimeoutLow,
  'outbound-exceeds-cluster': outboundExceedsCluster,
  'bandwidth-oversubscribed': bandwidthOversubscribed,
  'network-invalid': networkInvalid,
  'network-missing': networkMissing,
  'json-patch-override': jsonPatchOverride,
  'exception-unauthorised': exceptionUnauthorised,
  'exception-invalid': exceptionInvalid,
}

export const RULES: readonly Rule[] = Object.values(CATALOGUE)
