import type { ControlPlane } from '../control-plane/control-plane.ts'
import { type ApiVersion, type Era, VERSIONS } from '../control-plane/crds/eras.ts'
import type { Ran } from '../control-plane/kubectl.ts'

/** Namespace of the HyperConverged, as on OpenShift. */
export const NAMESPACE = 'openshift-cnv'

/** The version that `kubectl edit hyperconverged` asks for: the newest that is served. */
export function preferredVersion(era: Era): ApiVersion {
  return VERSIONS[era].served.includes('v1') ? 'v1' : 'v1beta1'
}

/** What there is beside the HyperConverged, in words. */
export const SURROUNDINGS: readonly string[] = [
  'networks   migration (stable), wireless (flagged unstable)',
  'VMs        analytics/hana (heavy), databases/ledger (critical data)',
]

/** Creates networks, VMs and the namespaces around them. */
export async function seedSurroundings({ must }: Pick<ControlPlane, 'must'>): Promise<void> {
  const items = [
    namespace(NAMESPACE, {}),
    namespace('analytics', {}),
    namespace('databases', { 'migration-guard.io/data': 'critical' }),
    network('migration', 'stable'),
    network('wireless', 'unstable'),
    vm('analytics', 'hana', { 'vm.kubevirt.io/workload': 'saphana' }),
    vm('databases', 'ledger', {}),
  ]
  const list = { apiVersion: 'v1', kind: 'List', items }
  await must(['create', '-f', '-'], { input: JSON.stringify(list) })
}

/** Creates a HyperConverged that leaves everything open, with the guard in front; returns what kubectl said. */
export function seedHyperConverged(
  { kubectl }: Pick<ControlPlane, 'kubectl'>,
  era: Era,
): Promise<Ran> {
  const object = {
    apiVersion: `hco.kubevirt.io/${preferredVersion(era)}`,
    kind: 'HyperConverged',
    metadata: { name: 'kubevirt-hyperconverged', namespace: NAMESPACE },
    spec: {},
  }
  return kubectl(['create', '-f', '-'], { input: JSON.stringify(object) })
}

function namespace(name: string, labels: Readonly<Record<string, string>>) {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }
}

function network(name: string, stability: string) {
  const labels = { 'migration-guard.io/network-stability': stability }
  const config = JSON.stringify({ cniVersion: '0.3.1', type: 'macvlan', name })
  return {
    apiVersion: 'k8s.cni.cncf.io/v1',
    kind: 'NetworkAttachmentDefinition',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: { config },
  }
}

function vm(namespace: string, name: string, annotations: Readonly<Record<string, string>>) {
  return {
    apiVersion: 'kubevirt.io/v1',
    kind: 'VirtualMachineInstance',
    metadata: { name, namespace, annotations },
    spec: { domain: { memory: { guest: '64Gi' } } },
    status: { phase: 'Running' },
  }
}
