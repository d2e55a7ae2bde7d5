type Values = Readonly<Record<string, unknown>>

/** A v1beta1 HyperConverged that declares heavy workloads; its first setting is on line 10, column 5. */
export function hyperConverged(settings: Values, annotations: Values = {}): string {
  return `apiVersion: hco.kubevirt.io/v1beta1
kind: HyperConverged
metadata:
  name: kubevirt-hyperconverged
  namespace: openshift-cnv
  annotations:
    migration-guard.io/workload-profile: heavy
${lines(annotations)}spec:
  liveMigrationConfig:
${lines(settings)}`
}

/** Settings that nothing is filled into and nothing is said against. */
export const CLEAN = {
  bandwidthPerMigration: '0Mi',
  completionTimeoutPerGiB: 150,
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 1,
  progressTimeout: 150,
  allowPostCopy: false,
} as const

/** A MigrationPolicy for the VMs of a namespace label; its first setting is on line 6, column 3. */
export function migrationPolicy(name: string, settings: Values): string {
  return `apiVersion: migrations.kubevirt.io/v1alpha1
kind: MigrationPolicy
metadata:
  name: ${name}
spec:
${lines(settings).replaceAll('    ', '  ')}  selectors:
    namespaceSelector:
      tier: database
`
}

function lines(values: Values): string {
  return Object.entries(values)
    .map(([key, value]) => `    ${key}: ${JSON.stringify(value)}\n`)
    .join('')
}
