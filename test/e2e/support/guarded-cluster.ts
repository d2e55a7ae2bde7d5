import type { Test } from 'tap'
import { guardKubeconfig } from '../../../src/try/guard-account.ts'
import { register } from '../../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../../src/try/shipped-manifests.ts'
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { type Guard, type GuardOptions, startGuard } from './guard.ts'

/** A cluster and the guard in front of it. */
export type GuardedCluster = { readonly cluster: Cluster; readonly guard: Guard }

export type GuardedClusterOptions = ClusterOptions & {
  readonly guard?: Omit<GuardOptions, 'kubeconfig'>
  /** Where the guard shall reach the API server, when not at its own address. */
  readonly apiServer?: (cluster: Cluster) => Promise<string>
}

/** Starts a guard that watches the cluster with the rights that ship, called as the configurations that ship say. */
export async function startGuardedCluster(
  t: Test,
  { guard: guardOptions, apiServer, ...options }: GuardedClusterOptions,
): Promise<GuardedCluster> {
  const cluster = await startCluster(t, options)
  const kubeconfig = await guardKubeconfig(cluster, await apiServer?.(cluster))
  const guard = await startGuard(t, cluster, { ...guardOptions, kubeconfig })
  await register(cluster, guard.url, await webhookConfigurations(cluster))
  return { cluster, guard }
}
