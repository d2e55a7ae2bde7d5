import type { ClusterFacts, Stability } from '../../core/facts/cluster-facts.ts'
import {
  type MigrationPolicy,
  type SelectorKeys,
  selectorKeys,
} from '../../core/facts/migration-policy.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Quantity } from '../../core/settings/quantity.ts'
import { type CriticalNamespace, toCriticalDocument } from './critical-document.ts'

/** Facts as JSON: MigrationPolicies in the form of the API, and nothing that follows from the rest. */
export type FactsDocument = JsonObject &
  Partial<Pick<ClusterFacts, 'namespace' | 'hyperConverged' | 'stock'>> & {
    readonly networks?: Readonly<Record<string, Stability>> | 'unknown' | 'missing'
    readonly workloads?: Partial<Omit<ClusterFacts['workloads'], 'critical'>> & {
      readonly critical?: readonly CriticalNamespace[]
    }
    readonly migrationPolicies?: readonly JsonObject[]
  }

/**
 * Writes facts as JSON, for the audit log. The time they were taken is left out: it moves while nothing changes, and each
 * value would become a record of its own. Of labels those are kept that `keys` name: a decision looks at no others.
 */
export function toFactsDocument(
  facts: ClusterFacts,
  keys: SelectorKeys = selectorKeys(facts.migrationPolicies),
): FactsDocument {
  const { source, synced, namespace, hyperConverged, stock, networks, workloads } = facts
  return {
    source,
    synced,
    namespace,
    hyperConverged,
    stock,
    networks: typeof networks === 'string' ? networks : Object.fromEntries(networks),
    workloads: { ...workloads, critical: toCriticalDocument(workloads.critical, keys) },
    migrationPolicies: facts.migrationPolicies.map(toPolicyObject),
  }
}

function toPolicyObject({
  name,
  selectors,
  deletedAt,
  settings,
  exceptions,
}: MigrationPolicy): JsonObject {
  const { bandwidthPerMigration, ...rest } = settings
  return {
    metadata: {
      name,
      ...(deletedAt !== null && { deletionTimestamp: deletedAt }),
      ...(Object.keys(exceptions).length > 0 && { annotations: exceptions }),
    },
    spec: {
      ...(selectors && {
        selectors: {
          namespaceSelector: selectors.namespace,
          virtualMachineInstanceSelector: selectors.virtualMachineInstance,
        },
      }),
      ...rest,
      ...(bandwidthPerMigration && { bandwidthPerMigration: exact(bandwidthPerMigration) }),
    },
  }
}

// Denominators are powers of ten, so the exponent form loses nothing.
function exact({ numerator, denominator }: Quantity): string {
  const exponent = String(denominator).length - 1
  return exponent === 0 ? String(numerator) : `${numerator}e-${exponent}`
}
