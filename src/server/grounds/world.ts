import type { ClusterLog } from '../../cluster/cluster-facts-source.ts'
import { type KubeConfigOptions, loadKubeConfig } from '../../cluster/kube-config.ts'
import type { ServeOptions } from '../../config/serve-options.ts'
import { type Approver, namedApprovers } from '../../facts/approver.ts'
import type { FactsSource } from '../../facts/facts-source.ts'
import { loadFacts } from '../../facts/load-facts.ts'
import { StartError } from '../start-error.ts'
import { fixedFacts } from './fixed-facts.ts'

/** What the guard knows and whom it asks. */
export type World = FactsSource & { readonly approve: Approver }

export type WorldOptions = Pick<
  ServeOptions,
  'cluster' | 'kubeconfig' | 'facts' | 'hcoNamespace' | 'approver'
>

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
