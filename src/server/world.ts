import type { AdmissionRequest } from '../core/admission-review.ts'
import type { ApprovalNeed } from '../core/approval.ts'
import { type ClusterFacts, NO_FACTS } from '../core/cluster-facts.ts'
import type { Approvals } from '../core/decision-context.ts'
import type { Inventory } from '../core/inventory.ts'
import type { Policy } from '../core/policy.ts'
import { surveyCluster } from '../core/survey.ts'
import { loadInventory } from './facts-file.ts'
import { StartError } from './start-error.ts'

/** Where the facts of a decision come from; a live cluster keeps them current behind `facts`. */
export type FactsSource = {
  /** The facts under a policy: the same value as long as neither changed. Never waits. */
  readonly facts: (policy: Policy) => ClusterFacts
  /** One line on its state, for readiness. */
  readonly detail: () => string
  readonly close: () => Promise<void>
}

/** Says whether the author of a request may approve what in it needs approval; may be slow, may reject. */
export type Approver = (
  request: AdmissionRequest,
  needs: readonly ApprovalNeed[],
  signal: AbortSignal,
) => Promise<Approvals>

/** What the guard knows and whom it asks. */
export type World = FactsSource & { readonly approve: Approver }

export type WorldOptions = {
  readonly cluster: 'none' | 'kubeconfig' | 'in-cluster' | 'auto'
  readonly facts: string | null
  readonly hcoNamespace: string
  readonly approver: readonly string[]
}

/** Opens the world that the options name; throws a `StartError` where it cannot be had. */
export function openWorld(options: WorldOptions, inPod: boolean): World {
  const { cluster, facts, hcoNamespace, approver } = options
  if (cluster === 'auto' ? inPod : cluster !== 'none')
    throw new StartError(
      `--cluster ${cluster}: this version cannot watch a cluster yet. Use --cluster none, with --facts FILE for what is known of networks and VMs and --approver USER for who may approve exceptions.`,
    )
  try {
    const inventory = facts === null ? null : loadInventory(facts)
    return { ...fixedFacts(hcoNamespace, inventory), approve: namedApprovers(approver) }
  } catch (cause) {
    throw new StartError(`--facts ${(cause as Error).message}`, { cause })
  }
}

/** Facts that change with the policy only: those of a file, or none. */
export function fixedFacts(namespace: string, inventory: Inventory | null): FactsSource {
  const nothing: ClusterFacts = { ...NO_FACTS, namespace }
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
    detail: () =>
      inventory === null ? 'no cluster is watched (--cluster none)' : 'read once from --facts',
    close: async () => {},
  }
}

/** Without a cluster, the users named by `--approver` may approve everything and nobody else anything. */
export function namedApprovers(names: readonly string[]): Approver {
  const approvers = new Set(names)
  return async ({ userInfo: { username } }, needs) => {
    const granted = approvers.has(username)
    const detail = granted ? '' : 'only users named by --approver may, as no cluster is asked'
    return new Map(needs.map(({ name }) => [name, { granted, detail }]))
  }
}
