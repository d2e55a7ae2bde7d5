import { annotationsOf, labelsOf } from '../core/annotations.ts'
import type { Stability } from '../core/facts/cluster-facts.ts'
import { readStability } from '../core/facts/inventory.ts'
import { type MigrationPolicy, readMigrationPolicy } from '../core/facts/migration-policy.ts'
import { readVirtualMachine, type VirtualMachine } from '../core/facts/virtual-machine.ts'
import { at, type JsonObject, own, sameJson } from '../core/json.ts'
import type { StockDefaults } from '../core/settings/stock-defaults.ts'
import { stockFromCrd } from '../core/settings/stock-from-crd.ts'
import type { Resource } from './resource.ts'
import { StringPool } from './string-pool.ts'

/** Everything that is read of a cluster, by the name that the inventory has for it. */
export type Resources = {
  readonly stock: Resource<Readonly<Record<string, StockDefaults>>>
  readonly hyperConverged: Resource<JsonObject>
  readonly networks: Resource<Stability>
  readonly namespaces: Resource<Readonly<Record<string, string>>>
  readonly virtualMachines: Resource<VirtualMachine>
  readonly migrationPolicies: Resource<MigrationPolicy>
}

const CRD = 'hyperconvergeds.hco.kubevirt.io'

/** The kinds to list and watch; each call has texts to share of its own. */
export function clusterResources(): Resources {
  const pool = new StringPool()
  const whole = { metadataOnly: false, optional: true, same: sameJson }
  const metadata = { metadataOnly: true, optional: true, same: sameJson }
  return {
    stock: {
      ...whole,
      kind: 'CustomResourceDefinition',
      paths: ['/apis/apiextensions.k8s.io/v1/customresourcedefinitions'],
      fieldSelector: `metadata.name=${CRD}`,
      optional: false,
      project: stockFromCrd,
    },
    hyperConverged: {
      ...whole,
      kind: 'HyperConverged',
      paths: versions('hco.kubevirt.io', 'hyperconvergeds', 'v1', 'v1beta1'),
      project: judgedPart,
    },
    networks: {
      ...metadata,
      kind: 'NetworkAttachmentDefinition',
      paths: versions('k8s.cni.cncf.io', 'network-attachment-definitions', 'v1'),
      project: readStability,
    },
    namespaces: {
      ...metadata,
      kind: 'Namespace',
      paths: ['/api/v1/namespaces'],
      optional: false,
      project: object => pool.labels(labelsOf(object)),
    },
    virtualMachines: {
      ...metadata,
      kind: 'VirtualMachineInstance',
      paths: versions('kubevirt.io', 'virtualmachineinstances', 'v1'),
      // Metadata does not tell the phase: a VM that has ended counts until its object is gone, which errs on the safe
      // side.
      project: object => pool.virtualMachine(readVirtualMachine(object)),
    },
    migrationPolicies: {
      ...whole,
      kind: 'MigrationPolicy',
      paths: versions('migrations.kubevirt.io', 'migrationpolicies', 'v1alpha1'),
      project: readMigrationPolicy,
    },
  }
}

function versions(group: string, plural: string, ...names: readonly string[]): readonly string[] {
  return names.map(version => `/apis/${group}/${version}/${plural}`)
}

// The operator writes a heartbeat into the status: kept whole, the object would change every few seconds.
function judgedPart(object: JsonObject): JsonObject {
  const text = (key: string) => at(object, ['metadata', key])
  return {
    apiVersion: own(object, 'apiVersion'),
    kind: 'HyperConverged',
    metadata: {
      name: text('name'),
      namespace: text('namespace'),
      labels: { ...labelsOf(object) },
      annotations: { ...annotationsOf(object) },
    },
    spec: own(object, 'spec') ?? {},
    status: { versions: at(object, ['status', 'versions']) ?? [] },
  }
}
