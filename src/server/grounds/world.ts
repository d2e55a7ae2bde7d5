import type { ClusterLog } from '../../cluster/cluster-facts-source.ts'
import { type KubeConfigOptions, loadKubeConfig } from '../../cluster/kube-config.ts'
import type { AdmissionRequest } from '../../core/admission-review.ts'
import type { Approvals } from '../../core/decision-context.ts'
import type { ApprovalNeed } from '../../core/exceptions/approval.ts'
import type { ClusterFacts } from '../../core/facts/cluster-facts.ts'
import type { Policy } from '../../core/policy.ts'
import { loadFacts } from '../../facts/load-facts.ts'
import type { KnownKind } from '../../metrics/facts-gauges.ts'
import { StartError } from '../start-error.ts'
import { fixedFacts } from './fixed-facts.ts'

/** Where the facts of a decision come from; a live cluster keeps them current behind `facts`. */
export type FactsSource = {
  /** The facts under a policy: the same value as long as neither changed. Never waits. */
  readonly facts: (policy: Policy) => ClusterFacts
  /** Calls whenever the facts have changed by themselves; returns the way to stop it. */
  readonly onChange: (listener: (facts: ClusterFacts) => void) => () => void
  /** How far each kind is known. */
  readonly status: () => readonly KnownKind[]
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

export type WorldSurroundings = {
  readonly env: KubeConfigOptions['env']
  readonly log: ClusterLog
  readonly now: () => number
}

/** Opens the world that the options name; throws a `StartError` where it cannot be had. */
export async function openWorld(
  options: WorldOptions,
  { env, log, now }: WorldSurroundings,
): Promise<World> {
  const { facts, hcoNamespace: namespace, approver } = options
  const cluster = await loadCluster(options, env)
  if (cluster !== null) {
    if (facts !== null || approver.length > 0)
      throw new StartError(
        '--facts and --approver are for --cluster none: a cluster is watched and asked itself',
      )
    const { openCluster } = await import('../../cluster/open-cluster.ts')
    return openCluster(cluster, { namespace, log, timing: { now } })
  }
  if (options.cluster === 'auto') log.warn(withoutCluster(options))
  const detail = detailOf(options)
  try {
    const inventory = facts === null ? null : loadFacts(facts)
    return { ...fixedFacts(namespace, inventory, detail), approve: namedApprovers(approver) }
  } catch (cause) {
    throw new StartError(`--facts ${(cause as Error).message}`, { cause })
  }
}

// Who meant to watch a cluster must not find out from the first decision that rests on nothing.
function withoutCluster({ facts, approver }: WorldOptions): string {
  const known =
    facts === null
      ? 'networks, VMs, MigrationPolicies and the CRD are unknown and heavy workloads are assumed'
      : `no more of networks, VMs, MigrationPolicies and the CRD is known than ${facts} holds`
  const approvers = approver.length === 0 ? 'nobody' : 'nobody but the named approvers'
  return `no cluster was found (--cluster auto looks for a pod's service account and for --kubeconfig): ${known}, and ${approvers} may approve exceptions. Where that is meant, say --cluster none; else say --cluster in-cluster or --cluster kubeconfig`
}

function detailOf({ facts, cluster }: WorldOptions): string {
  const why = cluster === 'auto' ? '--cluster auto found none' : `--cluster ${cluster}`
  return `no cluster is watched (${why})${facts === null ? '' : `; read once from --facts ${facts}`}`
}

async function loadCluster(options: WorldOptions, env: KubeConfigOptions['env']) {
  try {
    return await loadKubeConfig({ ...options, env })
  } catch (cause) {
    throw new StartError((cause as Error).message, { cause })
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
