import type { ClusterLog } from '../cluster/cluster-facts-source.ts'
import { type KubeConfigOptions, loadKubeConfig } from '../cluster/kube-config.ts'
import type { AdmissionRequest } from '../core/admission-review.ts'
import type { ApprovalNeed } from '../core/approval.ts'
import { type ClusterFacts, NO_FACTS } from '../core/cluster-facts.ts'
import type { Approvals } from '../core/decision-context.ts'
import type { Inventory } from '../core/inventory.ts'
import type { Policy } from '../core/policy.ts'
import { surveyCluster } from '../core/survey.ts'
import { loadFacts } from '../facts/load-facts.ts'
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
  readonly kubeconfig: string | null
  readonly facts: string | null
  readonly hcoNamespace: string
  readonly approver: readonly string[]
}

/** Opens the world that the options name; throws a `StartError` where it cannot be had. */
export async function openWorld(
  options: WorldOptions,
  { env, log }: { readonly env: KubeConfigOptions['env']; readonly log: ClusterLog },
): Promise<World> {
  const { facts, hcoNamespace, approver } = options
  const cluster = await loadCluster(options, env)
  if (cluster !== null) {
    if (facts !== null || approver.length > 0)
      throw new StartError(
        '--facts and --approver are for --cluster none: a cluster is watched and asked itself',
      )
    const { openCluster } = await import('../cluster/open-cluster.ts')
    return openCluster(cluster, { namespace: hcoNamespace, log })
  }
  try {
    const inventory = facts === null ? null : loadFacts(facts)
    return { ...fixedFacts(hcoNamespace, inventory), approve: namedApprovers(approver) }
  } catch (cause) {
    throw new StartError(`--facts ${(cause as Error).message}`, { cause })
  }
}

async function loadCluster(options: WorldOptions, env: KubeConfigOptions['env']) {
  try {
    return await loadKubeConfig({ ...options, env })
  } catch (cause) {
    throw new StartError((cause as Error).message, { cause })
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
