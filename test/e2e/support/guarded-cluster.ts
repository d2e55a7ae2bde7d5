import type { Test } from 'tap'
import { writeKubeconfig } from '../../control-plane/kubeconfig.ts'
import { type Cluster, type ClusterOptions, startCluster } from './cluster.ts'
import { type Guard, type GuardOptions, startGuard } from './guard.ts'
import { rendered, webhookConfigurations } from './manifests.ts'
import { register } from './webhooks.ts'

/** A cluster and the guard in front of it. */
export type GuardedCluster = { readonly cluster: Cluster; readonly guard: Guard }

export type GuardedClusterOptions = ClusterOptions & {
  readonly guard?: Omit<GuardOptions, 'kubeconfig'>
  /** Where the guard shall reach the API server, when not at its own address. */
  readonly apiServer?: (cluster: Cluster) => Promise<string>
}

const GUARD = 'hco-migration-guard'
const RIGHTS = ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding']

/** Starts a guard that watches the cluster with the rights that ship, called as the configurations that ship say. */
export async function startGuardedCluster(
  t: Test,
  { guard: guardOptions, apiServer, ...options }: GuardedClusterOptions,
): Promise<GuardedCluster> {
  const cluster = await startCluster(t, options)
  const rights = (await rendered(cluster, 'base')).filter(({ kind }) => RIGHTS.includes(kind))
  await cluster.must(['apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rights }),
  })
  const token = (await cluster.must(['create', 'token', GUARD, '-n', GUARD])).trim()
  const kubeconfig = writeKubeconfig(`${cluster.dir}/kubeconfig-of-the-guard`, {
    ...{ user: GUARD, namespace: GUARD, credential: { token } },
    url: (await apiServer?.(cluster)) ?? cluster.url,
    ca: cluster.certificates.ca.certificate,
  })
  const guard = await startGuard(t, cluster, { ...guardOptions, kubeconfig })
  await register(cluster, guard.url, await webhookConfigurations(cluster))
  return { cluster, guard }
}
