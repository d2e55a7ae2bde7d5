import type { Test } from 'tap'
import type { Era } from '../../../src/control-plane/crds/eras.ts'
import { NAMESPACE } from './cluster.ts'
import type { Guard } from './guard.ts'
import { type GuardedCluster, startGuardedCluster } from './guarded-cluster.ts'

/** A guarded cluster whose HyperConverged comes and goes. */
export type Guarded = GuardedCluster & {
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

/** Starts a guarded cluster of an era; it ends with the test. */
export async function startGuarded(t: Test, era: Era): Promise<Guarded> {
  const { cluster, guard } = await startGuardedCluster(t, { era })
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

/** The decisions of one webhook, of the records from `first` on. */
export function decisions(
  guard: Guard,
  webhook: 'validate' | 'advise' | 'mutate',
  first = 0,
): readonly Decided[] {
  const records = guard.records().slice(first)
  return records.filter((record): record is Decided => record.webhook === webhook)
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
