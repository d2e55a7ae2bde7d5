import {
  type ClusterFacts,
  groupByWinner,
  NO_FACTS,
} from '../../../src/core/facts/cluster-facts.ts'
import { readMigrationPolicy, type Workload } from '../../../src/core/facts/migration-policy.ts'
import { type JsonObject, own, textAt, textEntries } from '../../../src/core/json.ts'
import type { FactsDocument } from '../../../src/server/recording/facts-document.ts'

/** Reads facts back; what is left out is as if nothing were known of it. */
export function fromFactsDocument(
  document: FactsDocument,
  source: ClusterFacts['source'],
): ClusterFacts {
  const { networks = NO_FACTS.networks } = document
  const critical = fromCriticalDocument(document.workloads?.critical)
  const workloads = { ...NO_FACTS.workloads, ...document.workloads, critical }
  const migrationPolicies = (document.migrationPolicies ?? []).map(readMigrationPolicy)
  return {
    source,
    synced: document.synced !== false,
    asOf: null,
    namespace: document.namespace ?? NO_FACTS.namespace,
    hyperConverged: document.hyperConverged ?? null,
    stock: document.stock ?? {},
    networks: typeof networks === 'string' ? networks : new Map(Object.entries(networks)),
    workloads,
    migrationPolicies,
    criticalGroups: groupByWinner(critical, migrationPolicies),
  }
}

// Critical VMs in the order of their names.
function fromCriticalDocument(document: unknown): readonly Workload[] {
  const workloads: Workload[] = []
  for (const place of list(document)) {
    const namespace = textAt(place, ['namespace']) ?? ''
    const namespaceLabels = textEntries(own(place, 'labels'))
    for (const group of list(own(place, 'vms'))) {
      const labels = textEntries(own(group, 'labels'))
      for (const name of list<unknown>(own(group, 'names')))
        workloads.push({ name: `${namespace}/${name}`, labels, namespaceLabels })
    }
  }
  return workloads.sort(byName)
}

function list<T = JsonObject>(value: unknown): readonly T[] {
  return Array.isArray(value) ? value : []
}

function byName(left: Workload, right: Workload): number {
  return left.name < right.name ? -1 : 1
}
