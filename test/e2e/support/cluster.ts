import type { Test } from 'tap'
import {
  type ControlPlane,
  type ControlPlaneOptions,
  startControlPlane,
} from '../../../src/control-plane/control-plane.ts'
import type { Companion } from '../../../src/control-plane/crds/companions.ts'
import type { Era } from '../../../src/control-plane/crds/eras.ts'
import { type Crds, installCrds } from '../../../src/control-plane/install-crds.ts'

/** Namespace of the HyperConverged, as on OpenShift. */
export const NAMESPACE = 'openshift-cnv'

/** A control plane with the CRDs of an HCO release. */
export type Cluster = ControlPlane & Pick<Crds, 'upgrade'>

export type ClusterOptions = ControlPlaneOptions & {
  readonly era: Era
  /** Kinds beside HyperConverged; all of them when not given. */
  readonly companions?: readonly Companion[]
}

/** Starts a cluster that ends with the test; commands that name no namespace mean the HyperConverged's. */
export async function startCluster(t: Test, options: ClusterOptions): Promise<Cluster> {
  const plane = await startControlPlane({ namespace: NAMESPACE, ...options })
  t.teardown(plane.stop)
  const crds = await installCrds(plane, options.era, options.companions)
  t.teardown(crds.close)
  await plane.must(['create', 'namespace', NAMESPACE])
  return { ...plane, upgrade: crds.upgrade }
}
