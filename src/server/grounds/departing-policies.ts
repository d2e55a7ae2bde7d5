import type { Decision } from '../../core/decision.ts'
import { type ClusterFacts, groupByWinner } from '../../core/facts/cluster-facts.ts'
import type { MigrationPolicy } from '../../core/facts/migration-policy.ts'
import { MIGRATIONS_GROUP } from '../../core/scope.ts'

/**
 * MigrationPolicies whose change or deletion was just admitted. Until the watch has told of it, each would still pass for what
 * it was, and two that cover for one another could go together: `kubectl delete migrationpolicies --all`.
 */
export type DepartingPolicies = {
  /** Remembers what a decision admitted, under the facts it rests on. */
  readonly observe: (decision: Decision, facts: ClusterFacts, now: number) => void
  /** The facts in which what departs protects nobody any more. */
  readonly apply: (facts: ClusterFacts, now: number) => ClusterFacts
}

// A watch tells within milliseconds. What never comes true, because another webhook refused it, is forgotten after this.
const REMEMBERED_MS = 10_000

type Applied = {
  readonly from: ClusterFacts
  readonly names: string
  readonly facts: ClusterFacts
}

/** Remembers nothing yet. */
export function createDepartingPolicies(): DepartingPolicies {
  const departing = new Map<MigrationPolicy, number>()
  let last: Applied | null = null
  return {
    observe: ({ webhook, allowed, guarded, request }, facts, now) => {
      if (webhook !== 'validate' || !allowed || !guarded || request === null) return
      if (request.dryRun || request.kind.group !== MIGRATIONS_GROUP) return
      const policy = facts.migrationPolicies.find(({ name }) => name === request.name)
      if (policy !== undefined && policy.deletedAt === null) departing.set(policy, now)
    },
    apply: (facts, now) => {
      if (departing.size === 0) return facts
      // A policy of which the watch has told is another value.
      for (const [policy, since] of departing)
        if (now - since > REMEMBERED_MS || !facts.migrationPolicies.includes(policy))
          departing.delete(policy)
      if (departing.size === 0) return facts
      const names = JSON.stringify([...departing.keys()].map(({ name }) => name))
      if (last?.from !== facts || last.names !== names)
        last = { from: facts, names, facts: without(facts, departing) }
      return last.facts
    },
  }
}

// As one that is being deleted, which may go on endangering VMs, and protects none.
function without(
  facts: ClusterFacts,
  departing: ReadonlyMap<MigrationPolicy, number>,
): ClusterFacts {
  const migrationPolicies = facts.migrationPolicies.map(policy => {
    const since = departing.get(policy)
    return since === undefined ? policy : { ...policy, deletedAt: new Date(since).toISOString() }
  })
  const criticalGroups = groupByWinner(facts.workloads.critical, migrationPolicies)
  return { ...facts, migrationPolicies, criticalGroups }
}
