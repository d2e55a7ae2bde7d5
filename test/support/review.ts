import type { AdmissionOperation, AdmissionRequest } from '../../src/core/admission-review.ts'
import type { ClusterFacts } from '../../src/core/facts/cluster-facts.ts'
import { readInventory } from '../../src/core/facts/inventory.ts'
import { surveyCluster } from '../../src/core/facts/survey.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts'
import { embeddedStock } from '../../src/core/settings/stock-defaults.ts'
import { NOW } from './decide.ts'

export type Version = 'v1' | 'v1beta1'
export type Texts = Readonly<Record<string, string>>
export type Values = Readonly<Record<string, unknown>>

export const NAMESPACE = 'openshift-cnv'

/** Where the settings are in a version, as messages and patches name it. */
export const PATHS: Readonly<Record<Version, string>> = {
  v1: 'spec.virtualization.liveMigrationConfig',
  v1beta1: 'spec.liveMigrationConfig',
}

/** The settings that the API server writes on an HCO version before any webhook sees them. */
export function stockOf(hcoVersion: string): Values {
  return embeddedStock(hcoVersion)?.defaults ?? {}
}

/** A HyperConverged with exactly these settings. */
export function hyperConverged(
  settings: Values | undefined,
  annotations: Texts = {},
  version: Version = 'v1',
  metadata: Values = {},
): JsonObject {
  const block = settings === undefined ? {} : { liveMigrationConfig: settings }
  return {
    apiVersion: `hco.kubevirt.io/${version}`,
    kind: 'HyperConverged',
    metadata: { name: 'kubevirt-hyperconverged', namespace: NAMESPACE, annotations, ...metadata },
    spec: version === 'v1' ? { virtualization: block } : block,
  }
}

/** A MigrationPolicy. */
export function migrationPolicy(name: string, spec: Values, annotations: Texts = {}): JsonObject {
  return {
    apiVersion: 'migrations.kubevirt.io/v1alpha1',
    kind: 'MigrationPolicy',
    metadata: { name, annotations },
    spec,
  }
}

/** The annotations of an object; none where there is none. */
export function annotationsOf(object: JsonObject | null): Texts {
  return ((object?.metadata as Values | undefined)?.annotations ?? {}) as Texts
}

/** The object with these annotations and no others. */
export function withAnnotations(object: JsonObject, annotations: Texts): JsonObject {
  return { ...object, metadata: { ...(object.metadata as Values), annotations } }
}

/** A request of an ordinary administrator; the old object comes second, as in `object`, `oldObject`. */
export function requestOf(
  operation: AdmissionOperation,
  object: JsonObject | null,
  oldObject: JsonObject | null = null,
  changes: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  const carrier = object ?? oldObject ?? {}
  const [group = '', version = ''] = String(carrier.apiVersion).split('/')
  const { name, namespace } = carrier.metadata as Texts
  return {
    uid: '5f6f1f9c-54b5-4f4c-9c47-0e2d1c8f6a11',
    kind: { group, version, kind: String(carrier.kind) },
    operation,
    name: name ?? '',
    namespace: namespace ?? '',
    subResource: '',
    userInfo: { username: 'alice', uid: '', groups: ['system:authenticated'], extra: {} },
    dryRun: false,
    fieldManager: '',
    object,
    oldObject,
    ...changes,
  }
}

/** The operator of HCO, as its own pod asks. */
export const OPERATOR = {
  username: `system:serviceaccount:${NAMESPACE}:hyperconverged-cluster-operator`,
  uid: '',
  groups: [],
  extra: { 'authentication.kubernetes.io/pod-name': ['hco-1'] },
}

/** Facts of a synced cluster with these objects. */
export function factsOf(
  objects: readonly JsonObject[],
  policy: Policy = DEFAULT_POLICY,
): ClusterFacts {
  const origin = { source: 'cluster', synced: true, asOf: NOW, namespace: NAMESPACE } as const
  const lists = ['VirtualMachineInstance', 'NetworkAttachmentDefinition', 'Namespace'].map(
    kind => ({
      kind: `${kind}List`,
      items: [],
    }),
  )
  return surveyCluster(readInventory([...lists, ...objects]), policy, origin)
}

/** A NetworkAttachmentDefinition, flagged or not. */
export function network(name: string, stability?: string, namespace = NAMESPACE): JsonObject {
  const labels =
    stability === undefined ? {} : { 'migration-guard.io/network-stability': stability }
  return { kind: 'NetworkAttachmentDefinition', metadata: { name, namespace, labels } }
}

/** A running VM with these labels. */
export function vmi(name: string, labels: Texts = {}, namespace = 'db'): JsonObject {
  return { kind: 'VirtualMachineInstance', metadata: { name, namespace, labels } }
}

/** Approvals that grant every name, or only the given ones. */
export function approving(...names: string[]) {
  return new Map(names.map(name => [name, { granted: true, detail: '' }]))
}

/** The text of an exception annotation; the defaults make it valid. */
export function exceptionText(changes: Values = {}): string {
  return JSON.stringify({
    reason: 'maintenance window 4711',
    expires: '2026-12-01',
    ...changes,
  })
}
