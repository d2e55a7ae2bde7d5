import type { KubernetesObject } from '../../../src/try/shipped-manifests.ts'
import { NAMESPACE } from './cluster.ts'

export type { KubernetesObject }

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
