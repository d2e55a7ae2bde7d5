// A cluster as far as it decides whether live migration can lose a VM. Annotations are named as in docs/declare.md and
// docs/exceptions.md; what KubeVirt and HCO make of it all is in kubevirt.ts and hco.ts.
import type { Texts, Values } from '../../support/review.ts'

export const NETWORK_RULE = 'post-copy-unstable-network' as const
export const DATA_RULE = 'post-copy-critical-data'
export const PARALLEL_RULE = 'parallel-migrations-too-high'
export type RuleName = typeof NETWORK_RULE | typeof DATA_RULE | typeof PARALLEL_RULE

export const EXCEPTION = 'exception.migration-guard.io/'
export const DATA = 'migration-guard.io/data'
export const STABILITY = 'migration-guard.io/network-stability'
export const JSON_PATCH = 'kubevirt.kubevirt.io/jsonpatch'

/** What a bound calls the settings of the HyperConverged, beside those of MigrationPolicies. */
export const CLUSTER_SETTINGS = '(cluster settings)'
export const POD_NETWORK = '(pod network)'

/** Settings of live migration, of the cluster or of a MigrationPolicy. */
export type Settings = Values & {
  readonly allowPostCopy?: boolean
  readonly allowWorkloadDisruption?: boolean
  readonly completionTimeoutPerGiB?: number
  readonly network?: string
  readonly parallelMigrationsPerCluster?: number
}

export type Selectors = {
  readonly virtualMachineInstanceSelector?: Texts
  readonly namespaceSelector?: Texts
}

export type Policy = {
  readonly name: string
  readonly spec: Settings & { readonly selectors?: Selectors }
  readonly annotations: Texts
}

export type Vm = { readonly name: string; readonly labels: Texts; readonly namespaceLabels: Texts }

export type Cluster = {
  /** Of the HyperConverged, as they are stored. */
  readonly settings: Settings
  readonly annotations: Texts
  readonly policies: ReadonlyMap<string, Policy>
  /** Whether the network `worn` is flagged unstable; `calm` never is. */
  readonly worn: boolean
  /** Names of the running VMs that are labelled critical. */
  readonly critical: readonly string[]
  readonly now: number
  /** For what each exception without a bound was approved: see play.ts. */
  readonly grants: ReadonlyMap<string, readonly Hazard[]>
}

/** Something for which live migration is unsafe. */
export type Hazard = {
  readonly rule: RuleName
  /** The VM, one that may run some day, or all of them. */
  readonly vm: string
  /** The MigrationPolicy from which it is so, null: the cluster settings. */
  readonly by: string | null
  readonly network: string
  /** Whether the policy has post copy only while the cluster settings have it. */
  readonly follows: boolean
  /** Whether the policy has post copy also where the cluster settings allow none. */
  readonly byItself: boolean
  readonly height: number
}

export const RUNNING: readonly Vm[] = [
  { name: 'db/pg', labels: { app: 'db', tier: 'gold' }, namespaceLabels: { team: 'a' } },
  { name: 'web/shop', labels: { app: 'web' }, namespaceLabels: {} },
]

/** A VM for every way in which the selectors of moves.ts can tell VMs apart: what may run some day. */
export const CONCEIVABLE: readonly Vm[] = ['app=db', 'app=web', ''].flatMap(app =>
  ['tier=gold', ''].flatMap(tier =>
    ['team=a', ''].map(team => ({
      name: `a VM with ${[app, tier, team].filter(Boolean).join(', ') || 'no labels'}`,
      labels: { ...labelOf(app), ...labelOf(tier) },
      namespaceLabels: labelOf(team),
    })),
  ),
)

function labelOf(text: string): Texts {
  const [key = '', value = ''] = text.split('=')
  return key === '' ? {} : { [key]: value }
}
