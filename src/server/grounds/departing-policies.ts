import type { Decision } from '../../core/decision.ts'
import { type ClusterFacts, groupByWinner } from '../../core/facts/cluster-facts.ts'
import { type MigrationPolicy, readMigrationPolicy } from '../../core/facts/migration-policy.ts'
import { sameJson } from '../../core/json.ts'
import { MIGRATIONS_GROUP } from '../../core/scope.ts'

/**
 * MigrationPolicies whose change or deletion was just admitted. Until the watch has told of it, each would still pass for what
 * it was, and two that cover for one another could go together: `kubectl delete migrationpolicies --all`.
 */
export type DepartingPolicies = {
  /**
   * Remembers what a decision admitted, under the facts it rests on. Two may be on their way at once, so this cannot wait for
   * the answer: where that turns out to be a refusal, what comes back forgets it.
   */
  readonly observe: (decision: Decision, facts: ClusterFacts, now: number) => () => void
  /** The facts in which what departs protects nobody any more. */
  readonly apply: (facts: ClusterFacts, now: number) => ClusterFacts
}

// A watch tells within milliseconds. What never comes true, because another webhook refused it, is forgotten after this.
const REMEMBERED_MS = 10_000

type Departure = { readonly policy: MigrationPolicy; readonly since: number }

type Applied = {
  readonly from: ClusterFacts
  readonly names: string
  readonly facts: ClusterFacts
}

/** Remembers nothing yet. */
export function createDepartingPolicies(): DepartingPolicies {
  const departing = new Set<Departure>()
  let last: Applied | null = null
  return {
    observe: (decision, facts, now) => {
      const policy = departingPolicy(decision, facts)
      if (policy === undefined) return () => {}
      const departure = { policy, since: now }
      departing.add(departure)
      return () => departing.delete(departure)
    },
    apply: (facts, now) => {
      if (departing.size === 0) return facts
      // A policy of which the watch has told is another value.
      for (const departure of departing)
        if (
          now - departure.since > REMEMBERED_MS ||
          !facts.migrationPolicies.includes(departure.policy)
        )
          departing.delete(departure)
      if (departing.size === 0) return facts
      const since = new Map([...departing].map(one => [one.policy, one.since]))
      const names = JSON.stringify([...since.keys()].map(({ name }) => name))
      if (last?.from !== facts || last.names !== names)
        last = { from: facts, names, facts: without(facts, since) }
      return last.facts
    },
  }
}

function departingPolicy(
  { webhook, allowed, guarded, request }: Decision,
  facts: ClusterFacts,
): MigrationPolicy | undefined {
  if (webhook !== 'validate' || !allowed || !guarded || request === null) return undefined
  if (request.dryRun || request.kind.group !== MIGRATIONS_GROUP) return undefined
  const policy = facts.migrationPolicies.find(({ name }) => name === request.name)
  // Of a change of nothing that is kept of a policy the watch brings no other value, and it protects as before.
  const stays = request.object !== null && sameJson(policy, readMigrationPolicy(request.object))
  return policy?.deletedAt === null && !stays ? policy : undefined
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
