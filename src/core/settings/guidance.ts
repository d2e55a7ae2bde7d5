/** Where the guidance is published. */
export const GUIDANCE_SOURCE =
  'OpenShift Virtualization, "Configure live migration for heavy workloads"'

/** The settings that are published for heavy workloads. Limits, fillings, repairs and texts are made of these. */
export const GUIDANCE = {
  bandwidthPerMigration: '0Mi',
  completionTimeoutPerGiB: 150,
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 1,
  progressTimeout: 150,
  allowPostCopy: true,
} as const
