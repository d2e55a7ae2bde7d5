import type { Test } from 'tap'
import type { Era } from '../../control-plane/crds/eras.ts'
import { type Cluster, type ClusterOptions, NAMESPACE, startCluster } from './cluster.ts'
import { type Guard, type GuardOptions, startGuard } from './guard.ts'
import { webhookConfigurations } from './manifests.ts'
import { register } from './webhooks.ts'

/** A cluster with the guard in front of it, which watches it, by the configurations that ship. */
export type Guarded = {
  readonly cluster: Cluster
  readonly guard: Guard
  /** The HyperConverged as etcd holds it. */
  stored(): Promise<Stored | undefined>
  /** Goes to another era with nothing left of the one before. */
  renew(era: Era): Promise<void>
  /** Removes the HyperConverged. */
  clear(): Promise<void>
}

export type Stored = {
  readonly metadata: {
    readonly resourceVersion?: string
    readonly generation: number
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [key: string]: unknown
}

/** Starts both; they end with the test. */
export async function startGuarded(
  t: Test,
  options: ClusterOptions,
  more: GuardOptions = {},
): Promise<Guarded> {
  const cluster = await startCluster(t, options)
  const guard = await startGuard(t, cluster, { kubeconfig: cluster.kubeconfig, ...more })
  await register(cluster, guard.url, await webhookConfigurations(cluster))
  const clear = async () => {
    await cluster.request('DELETE', PATH)
  }
  const renew = async (era: Era) => {
    await clear()
    await cluster.upgrade(era)
    // A guard that starts knows the CRD for sure before it is ready.
    await guard.end('SIGKILL')
    await guard.start()
  }
  const stored = async () => (await cluster.stored(STORED)) as Stored | undefined
  return { cluster, guard, stored, renew, clear }
}

const PATH = `/apis/hco.kubevirt.io/v1beta1/namespaces/${NAMESPACE}/hyperconvergeds/kubevirt-hyperconverged`
const STORED = `hco.kubevirt.io/hyperconvergeds/${NAMESPACE}/kubevirt-hyperconverged`

/** The decisions of one webhook so far. */
export function decisions(
  guard: Guard,
  webhook: 'validate' | 'advise' | 'mutate',
): readonly Decided[] {
  return guard.records().filter((record): record is Decided => record.webhook === webhook)
}

/** What tests read of a decision's audit record. */
export type Decided = {
  readonly webhook: 'validate' | 'advise' | 'mutate'
  readonly outcome: string
  readonly operation: string
  readonly filled: Readonly<Record<string, unknown>>
  readonly kind: { readonly version: string }
  readonly user: { readonly username: string }
  readonly findings: readonly {
    readonly rule: string
    readonly field: string
    readonly effect: string
    readonly change: string
  }[]
  readonly [key: string]: unknown
}
