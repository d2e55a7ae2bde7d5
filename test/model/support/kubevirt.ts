// Which settings a VM migrates with: kubevirt pkg/virt-controller/watch/migration/migrationpolicy.go for the policy that wins,
// staging/src/kubevirt.io/api/migrations/v1alpha1 GetMigrationConfByPolicy for the merge, and
// pkg/virt-launcher/virtwrap/live-migration-source.go for when post copy starts.
import type { Cluster, Policy, Settings, Vm } from './cluster-model.ts'

/** True where the policy's selectors all match; without selectors it matches nothing, with empty ones every VM. */
export function isSelected({ spec: { selectors } }: Policy, vm: Vm): boolean {
  if (selectors === undefined) return false
  const { virtualMachineInstanceSelector = {}, namespaceSelector = {} } = selectors
  return (
    Object.entries(virtualMachineInstanceSelector).every(
      ([key, text]) => vm.labels[key] === text,
    ) && Object.entries(namespaceSelector).every(([key, text]) => vm.namespaceLabels[key] === text)
  )
}

/** The policies that match, the winner first: most labels, then most labels of the VM, then the lowest name. */
export function ranked({ policies }: Pick<Cluster, 'policies'>, vm: Vm): readonly Policy[] {
  return [...policies.values()].filter(policy => isSelected(policy, vm)).sort(byPrecedence)
}

/** Sorts the one that wins to the front. */
export function byPrecedence(left: Policy, right: Policy): number {
  const [ofLeft, ofRight] = [left, right].map(({ spec: { selectors = {} } }) => {
    const ofVm = Object.keys(selectors.virtualMachineInstanceSelector ?? {}).length
    return { ofVm, all: ofVm + Object.keys(selectors.namespaceSelector ?? {}).length }
  }) as [Count, Count]
  const byName = left.name < right.name ? -1 : 1
  return ofRight.all - ofLeft.all || ofRight.ofVm - ofLeft.ofVm || byName
}

type Count = { readonly ofVm: number; readonly all: number }

const OVERRIDDEN = ['allowPostCopy', 'allowWorkloadDisruption', 'completionTimeoutPerGiB'] as const

/** The cluster settings where the policy wins: field by field, and its post copy alone decides on disruption as well. */
export function merged(settings: Settings, policy: Policy | undefined): Settings {
  if (policy === undefined) return settings
  const { spec } = policy
  const set = OVERRIDDEN.filter(name => spec[name] !== undefined).map(name => [name, spec[name]])
  const follows = spec.allowPostCopy !== undefined && spec.allowWorkloadDisruption === undefined
  return {
    ...settings,
    ...Object.fromEntries(set),
    ...(follows && { allowWorkloadDisruption: spec.allowPostCopy as boolean }),
  }
}

/** True where the timeout can switch a migration to post copy; 0 is no timeout, and unset disruption follows post copy. */
export function hasPostCopy(settings: Settings): boolean {
  const { allowPostCopy, allowWorkloadDisruption, completionTimeoutPerGiB } = settings
  return (
    allowPostCopy === true && allowWorkloadDisruption !== false && completionTimeoutPerGiB !== 0
  )
}
