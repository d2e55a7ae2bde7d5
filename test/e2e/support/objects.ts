import { NAMESPACE } from './cluster.ts'

/** An object as kubectl reads and prints it. */
export type KubernetesObject = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly [key: string]: unknown
  }
  readonly [key: string]: unknown
}

/** The one HyperConverged of a cluster. */
export function hyperConverged(
  version: 'v1' | 'v1beta1',
  spec: object | undefined,
  annotations?: Readonly<Record<string, string>>,
): KubernetesObject {
  const metadata = { name: 'kubevirt-hyperconverged', namespace: NAMESPACE }
  return {
    apiVersion: `hco.kubevirt.io/${version}`,
    kind: 'HyperConverged',
    metadata: annotations ? { ...metadata, annotations } : metadata,
    ...(spec && { spec }),
  }
}

/** The resource name that makes kubectl speak one API version. */
export function resourceIn(version: 'v1' | 'v1beta1'): string {
  return `hyperconvergeds.${version}.hco.kubevirt.io/kubevirt-hyperconverged`
}

/** The live-migration settings of a HyperConverged, wherever its version keeps them. */
export function settingsOf(object: unknown): unknown {
  const { apiVersion, spec = {} } = object as { apiVersion: string; spec?: Spec }
  if (apiVersion === 'hco.kubevirt.io/v1') return spec.virtualization?.liveMigrationConfig
  return spec.liveMigrationConfig
}

type Spec = {
  readonly liveMigrationConfig?: unknown
  readonly virtualization?: { readonly liveMigrationConfig?: unknown }
}
