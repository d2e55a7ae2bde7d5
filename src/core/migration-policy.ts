import { at, isObject, own, textAt, textEntries } from './json.ts'
import { readConfig, type Settings } from './live-migration-config.ts'

/** The slice of a MigrationPolicy (migrations.kubevirt.io/v1alpha1) that changes whether post copy runs. */
export type MigrationPolicy = {
  readonly name: string
  /** null: no selectors at all, which matches nothing; two empty maps match every VM. */
  readonly selectors: Selectors | null
  readonly settings: Settings
}

export type Selectors = {
  readonly namespace: Readonly<Record<string, string>>
  readonly virtualMachineInstance: Readonly<Record<string, string>>
}

/** What a policy's selectors are matched against. */
export type Workload = {
  /** `namespace/name` */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly namespaceLabels: Readonly<Record<string, string>>
}

/** Reads a MigrationPolicy object; values of a wrong type are left out, as KubeVirt's own admitter refuses them. */
export function readMigrationPolicy(object: unknown): MigrationPolicy {
  const selectors = at(object, ['spec', 'selectors'])
  return {
    name: textAt(object, ['metadata', 'name']) ?? '',
    selectors: isObject(selectors)
      ? {
          namespace: textEntries(own(selectors, 'namespaceSelector')),
          virtualMachineInstance: textEntries(own(selectors, 'virtualMachineInstanceSelector')),
        }
      : null,
    settings: readConfig(own(object, 'spec')).settings,
  }
}

/**
 * The cluster settings as they are for a VM that the policy wins: overridden field by field, and a policy that sets
 * allowPostCopy without allowWorkloadDisruption sets both (kubevirt staging/src/kubevirt.io/api/migrations/v1alpha1,
 * GetMigrationConfByPolicy).
 */
export function mergeMigrationPolicy(cluster: Settings, { settings }: MigrationPolicy): Settings {
  const merged: Record<string, unknown> = { ...cluster }
  for (const name of OVERRIDABLE) if (settings[name] !== undefined) merged[name] = settings[name]
  if (settings.allowPostCopy !== undefined && settings.allowWorkloadDisruption === undefined)
    merged.allowWorkloadDisruption = settings.allowPostCopy
  return merged as Settings
}

// A policy has no parallel limits, progress timeout or network.
const OVERRIDABLE = [
  'allowAutoConverge',
  'bandwidthPerMigration',
  'completionTimeoutPerGiB',
  'allowPostCopy',
  'allowWorkloadDisruption',
] as const

/**
 * The policy that wins for a VM: most matching labels, then most VM labels, then the lowest policy name
 * (kubevirt pkg/virt-controller/watch/migration/migrationpolicy.go; the user guide says otherwise, the code decides).
 */
export function winningPolicy(
  policies: readonly MigrationPolicy[],
  workload: Workload,
): MigrationPolicy | undefined {
  let winner: MigrationPolicy | undefined
  let best: readonly [number, number] = [-1, -1]
  for (const policy of policies) {
    const score = matchScore(policy, workload)
    if (score === undefined || score[0] < best[0]) continue
    const closer = score[0] > best[0] || score[1] > best[1]
    const first = score[1] === best[1] && winner !== undefined && policy.name < winner.name
    if (!closer && !first) continue
    winner = policy
    best = score
  }
  return winner
}

// Labels matched in all and of the VM, or undefined where a selector does not match.
function matchScore({ selectors }: MigrationPolicy, { labels, namespaceLabels }: Workload) {
  if (selectors === null) return undefined
  const ofVm = Object.entries(selectors.virtualMachineInstance)
  const ofNamespace = Object.entries(selectors.namespace)
  if (!ofVm.every(([key, value]) => labels[key] === value)) return undefined
  if (!ofNamespace.every(([key, value]) => namespaceLabels[key] === value)) return undefined
  return [ofVm.length + ofNamespace.length, ofVm.length] as const
}
