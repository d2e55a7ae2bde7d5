import { attempt, isRefusedBy, MERGE } from './attempts.ts'
import { type Cluster, NAMESPACE } from './cluster.ts'

/** Where the API server serves the networks. */
export const NETWORKS = `/apis/k8s.cni.cncf.io/v1/namespaces/${NAMESPACE}/network-attachment-definitions`
const NAMESPACES = '/api/v1/namespaces'
const VMS = '/apis/kubevirt.io/v1/namespaces/databases/virtualmachineinstances'
const POLICIES = '/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies'
const FLAG = 'migration-guard.io/network-stability'

/** The rule that looks at the networks. */
export const NETWORK_RULE = 'post-copy-unstable-network'
// Where there is no such field yet, the API server drops it.
const POST_COPY = { allowPostCopy: true, allowWorkloadDisruption: true }
export const OVER_STABLE = { ...POST_COPY, network: 'stable' }
export const OVER_SHAKY = { ...POST_COPY, network: 'shaky' }

/** Settings that a rule refuses at first or once everything has moved, and the kind of object that decides. */
export type Probe = {
  readonly kind: string
  readonly settings: object
  readonly rule: string
  readonly refused: 'at first' | 'once moved'
}

/** One for each kind that can move, and both directions for networks. */
export const PROBES: readonly Probe[] = [
  { kind: 'network', settings: OVER_STABLE, rule: NETWORK_RULE, refused: 'once moved' },
  { kind: 'network', settings: OVER_SHAKY, rule: NETWORK_RULE, refused: 'at first' },
  {
    ...{ kind: 'VM', settings: { parallelMigrationsPerCluster: 30 } },
    ...{ rule: 'parallel-migrations-too-high', refused: 'once moved' },
  },
  {
    ...{ kind: 'namespace', settings: POST_COPY },
    ...{ rule: 'post-copy-critical-data', refused: 'once moved' },
  },
  {
    // Without post copy of its own, whichever network it is.
    ...{ kind: 'MigrationPolicy', settings: { network: 'always-shaky' } },
    ...{ rule: NETWORK_RULE, refused: 'once moved' },
  },
]

/** Whether the cluster answers a probe as if its kind had moved; throws for an answer that is neither. */
export async function hasMoved(cluster: Cluster, { settings, rule, refused }: Probe) {
  const answer = await attempt(cluster, settings)
  const isRefused = isRefusedBy(answer, rule)
  const { status, body } = answer
  if (status !== 200 && !JSON.stringify(body).includes('denied the request: '))
    throw new Error(JSON.stringify(body))
  return isRefused === (refused === 'once moved')
}

/** Makes the objects that move. */
export async function makeFacts({ request }: Cluster): Promise<void> {
  for (const [name, labels] of [
    ['stable', {}],
    ['shaky', { [FLAG]: 'unstable' }],
    ['always-shaky', { [FLAG]: 'unstable' }],
  ] as const)
    await request('POST', NETWORKS, {
      ...{ apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
      metadata: { name, namespace: NAMESPACE, labels },
    })
  await request('POST', NAMESPACES, { metadata: { name: 'databases' } })
  await request('POST', VMS, {
    ...{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance' },
    ...{ metadata: { name: 'ledger', namespace: 'databases' }, spec: {} },
  })
}

/** Moves everything, or everything back. */
export async function moveFacts(cluster: Cluster, there: boolean): Promise<void> {
  const label = (key: string, value: string) => ({ [key]: there ? value : null })
  await flag(cluster, 'stable', there ? 'unstable' : null)
  await flag(cluster, 'shaky', there ? null : 'unstable')
  await patch(cluster, `${VMS}/ledger`, label('migration-guard.io/workload', 'heavy'))
  await patch(cluster, `${NAMESPACES}/databases`, label('migration-guard.io/data', 'critical'))
  // It wins for no VM; whether the network is safe for it is judged all the same.
  const policy = {
    ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
    metadata: { name: 'fast' },
    spec: { allowPostCopy: true, selectors: { virtualMachineInstanceSelector: { no: 'vm' } } },
  }
  const { status, body } = there
    ? await cluster.request('POST', POLICIES, policy)
    : await cluster.request('DELETE', `${POLICIES}/fast`)
  if (status >= 300) throw new Error(JSON.stringify(body))
}

/** Flags a network; the resource version moves on in any case. */
export function flag(cluster: Cluster, name: string, stability: string | null): Promise<void> {
  return patch(cluster, `${NETWORKS}/${name}`, { [FLAG]: stability })
}

async function patch({ request }: Cluster, path: string, labels: object): Promise<void> {
  const annotations = { moved: `${performance.now()}` }
  const { status, body } = await request(
    'PATCH',
    path,
    { metadata: { annotations, labels } },
    MERGE,
  )
  if (status !== 200) throw new Error(JSON.stringify(body))
}
