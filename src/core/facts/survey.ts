import { DATA, WORKLOAD, word } from '../annotations.ts'
import { textAt } from '../json.ts'
import type { Policy } from '../policy.ts'
import { servedOne } from '../settings/hyperconverged.ts'
import { type ClusterFacts, groupByWinner, sample } from './cluster-facts.ts'
import { globMatcher } from './glob.ts'
import type { Inventory } from './inventory.ts'
import type { Workload } from './migration-policy.ts'
import type { VirtualMachine } from './virtual-machine.ts'

type Origin = Pick<ClusterFacts, 'source' | 'synced' | 'asOf'> & {
  /** Namespace of HCO: of several HyperConvergeds, it serves the one there. */
  readonly namespace: string
  readonly networksMissing?: boolean
  /** Of which kinds the inventory holds some objects and not all: what is not in it may be there. */
  readonly some?: Some
}

/** Kinds that are known in part. */
export type Some = { readonly networks: boolean; readonly virtualMachines: boolean }

/** Draws the facts from an inventory under a policy; done when either changes, never for a request. */
export function surveyCluster(inventory: Inventory, policy: Policy, origin: Origin): ClusterFacts {
  const { virtualMachines, hyperConvergeds, networks, stock } = inventory
  // Files of facts may hold none of that name.
  const hyperConverged = servedOne(hyperConvergeds, origin.namespace) ?? hyperConvergeds[0] ?? null
  const migrationPolicies = [...inventory.migrationPolicies.values()].sort(byName)
  const heavyTypes = policy.heavy.instancetypes.map(globMatcher)
  const heavy: string[] = []
  const critical: Workload[] = []
  let largest: ClusterFacts['workloads']['largest'] = null
  for (const vm of virtualMachines?.values() ?? []) {
    const namespaceLabels = inventory.namespaces.get(vm.namespace) ?? NO_LABELS
    const name = `${vm.namespace}/${vm.name}`
    if (isHeavy(vm, namespaceLabels, heavyTypes)) heavy.push(name)
    if (vm.critical || word(namespaceLabels[DATA]) === 'critical')
      critical.push({ name, labels: vm.labels, namespaceLabels })
    if (vm.gigabytes !== null && vm.gigabytes > (largest?.gigabytes ?? 0))
      largest = { name, gigabytes: vm.gigabytes }
  }
  heavy.sort()
  critical.sort(byName)
  return {
    source: origin.source,
    synced: origin.synced,
    asOf: origin.asOf,
    namespace: textAt(hyperConverged, ['metadata', 'namespace']) ?? origin.namespace,
    hyperConverged,
    stock,
    networks: networks ?? (origin.networksMissing === true ? 'missing' : 'unknown'),
    ...(origin.some?.networks && { someNetworks: true }),
    workloads: {
      known: virtualMachines !== null && !origin.some?.virtualMachines,
      total: virtualMachines?.size ?? 0,
      heavy: sample(heavy),
      critical,
      largest,
    },
    migrationPolicies,
    criticalGroups: groupByWinner(critical, migrationPolicies),
  }
}

// In the order of the API server's lists, whatever the order in which events came: the same cluster gives the same facts.
function byName(left: { readonly name: string }, right: { readonly name: string }): number {
  return left.name < right.name ? -1 : 1
}

const NO_LABELS: Readonly<Record<string, string>> = {}

function isHeavy(
  vm: VirtualMachine,
  namespaceLabels: Readonly<Record<string, string>>,
  heavyTypes: readonly ((name: string) => boolean)[],
): boolean {
  if (vm.heavy || word(namespaceLabels[WORKLOAD]) === 'heavy') return true
  const { instancetype } = vm
  return instancetype !== null && heavyTypes.some(matches => matches(instancetype))
}
