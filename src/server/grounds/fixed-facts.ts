import { type ClusterFacts, NO_FACTS } from '../../core/facts/cluster-facts.ts'
import { type Inventory, readInventory } from '../../core/facts/inventory.ts'
import { surveyCluster } from '../../core/facts/survey.ts'
import type { Policy } from '../../core/policy.ts'
import type { FactsSource, KnownKind } from '../../facts/facts-source.ts'

/** Facts that change with the policy only: those of a file, or none. */
export function fixedFacts(
  namespace: string,
  inventory: Inventory | null,
  detail: string,
): FactsSource {
  const nothing: ClusterFacts = { ...NO_FACTS, namespace }
  const status = statusOf(inventory ?? readInventory([]))
  let last: { readonly policy: Policy; readonly facts: ClusterFacts } | null = null
  return {
    facts: policy => {
      if (inventory === null) return nothing
      if (last?.policy !== policy) {
        const origin = { source: 'file', synced: true, asOf: null, namespace } as const
        last = { policy, facts: surveyCluster(inventory, policy, origin) }
      }
      return last.facts
    },
    onChange: () => () => {},
    status: () => status,
    detail: () => detail,
    close: async () => {},
  }
}

// The kinds of a cluster that is watched: there is nothing to wait for, and nothing that grows old.
function statusOf(inventory: Inventory): readonly KnownKind[] {
  const { stock, hyperConvergeds, networks, namespaces, virtualMachines, migrationPolicies } =
    inventory
  const counts = {
    CustomResourceDefinition: Object.keys(stock).length > 0 ? 1 : 0,
    HyperConverged: hyperConvergeds.length,
    NetworkAttachmentDefinition: networks?.size ?? 0,
    Namespace: namespaces.size,
    VirtualMachineInstance: virtualMachines?.size ?? 0,
    MigrationPolicy: migrationPolicies.size,
  }
  return Object.entries(counts).map(([kind, objects]) => {
    return { kind, objects, synced: true, missing: false, lastEvent: null, relists: 0 }
  })
}
