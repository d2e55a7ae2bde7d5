import type { JsonObject } from '../json.ts'
import type { StockDefaults } from '../settings/stock-defaults.ts'
import type { MigrationPolicy, Workload } from './migration-policy.ts'
import { possibleWinners } from './winner.ts'

/** What the flag on a network says; `unclear`: neither of the two words. */
export type Stability = 'stable' | 'unstable' | 'unmarked' | 'unclear'

/** VMs of one sort: how many, and up to three of them as `namespace/name`. */
export type Sample = { readonly count: number; readonly examples: readonly string[] }

/** Critical VMs for which the same MigrationPolicy (or none, null) wins. */
export type CriticalGroup = Sample & {
  /** The same before and after a request that leaves these VMs with the same policy. */
  readonly id: string
  readonly winner: MigrationPolicy | null
}

/**
 * What is known of the cluster when a request is judged: a plain value, made when something changed and never on the
 * request path.
 */
export type ClusterFacts = {
  readonly source: 'none' | 'file' | 'cluster'
  /** False while a cluster has not answered for every kind yet; without a cluster there is nothing to wait for. */
  readonly synced: boolean
  /** Milliseconds since the epoch of the last sign of life of the cluster; null without one. */
  readonly asOf: number | null
  /** Namespace of the HyperConverged: where a network without a namespace is. */
  readonly namespace: string
  /** The HyperConverged itself, for requests that concern a MigrationPolicy. */
  readonly hyperConverged: JsonObject | null
  /** Stock defaults of the live CRD by API version; empty where no CRD was read. */
  readonly stock: Readonly<Record<string, StockDefaults>>
  /** Every NetworkAttachmentDefinition as `namespace/name`; `unknown` before the first list, `missing` without the CRD. */
  readonly networks: ReadonlyMap<string, Stability> | 'unknown' | 'missing'
  /** True where these are some of the networks, so that one that is not among them may exist all the same. */
  readonly someNetworks?: true
  readonly workloads: {
    /** False where no list of all VMs was read; those that are known count all the same. */
    readonly known: boolean
    readonly total: number
    readonly heavy: Sample
    readonly critical: readonly Workload[]
    /** The largest VM whose guest memory is known, in decimal GB rounded up. */
    readonly largest: { readonly name: string; readonly gigabytes: number } | null
  }
  readonly migrationPolicies: readonly MigrationPolicy[]
  /** The critical VMs by winning policy, so that a request costs the number of policies and not of VMs. */
  readonly criticalGroups: readonly CriticalGroup[]
}

/** What is known without any cluster. */
export const NO_FACTS: ClusterFacts = {
  source: 'none',
  synced: true,
  asOf: null,
  namespace: 'openshift-cnv',
  hyperConverged: null,
  stock: {},
  networks: 'unknown',
  workloads: {
    known: false,
    total: 0,
    heavy: { count: 0, examples: [] },
    critical: [],
    largest: null,
  },
  migrationPolicies: [],
  criticalGroups: [],
}

const EXAMPLES = 3

/** A count with its first three names. */
export function sample(names: readonly string[]): Sample {
  return { count: names.length, examples: names.slice(0, EXAMPLES) }
}

/** `a/b, c/d, e/f and 4 more`. */
export function sampleText({ count, examples }: Sample): string {
  const more = count - examples.length
  return more > 0 ? `${examples.join(', ')} and ${more} more` : examples.join(', ')
}

/** Groups critical VMs by the policy that may win for them. */
export function groupByWinner(
  critical: readonly Workload[],
  policies: readonly MigrationPolicy[],
): CriticalGroup[] {
  const names = new Map<MigrationPolicy | null, string[]>()
  const winnersOf = possibleWinners(policies)
  for (const workload of critical)
    for (const winner of winnersOf(workload)) {
      const group = names.get(winner)
      if (group) group.push(workload.name)
      else names.set(winner, [workload.name])
    }
  return [...names].map(([winner, group]) => ({ id: winner?.name ?? '', winner, ...sample(group) }))
}

/** A group for each critical VM and policy that may win for it, for requests that change which one does. */
export function groupByVm(
  critical: readonly Workload[],
  policies: readonly MigrationPolicy[],
): CriticalGroup[] {
  const winnersOf = possibleWinners(policies)
  return critical.flatMap(workload =>
    winnersOf(workload).map(winner => ({
      id: workload.name,
      winner,
      ...sample([workload.name]),
    })),
  )
}
