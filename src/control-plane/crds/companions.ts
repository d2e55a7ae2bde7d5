import type { Schema } from './schema.ts'

/** Kinds beside HyperConverged; a cluster without Multus or KubeVirt lacks some. */
export const COMPANIONS = [
  'MigrationPolicy',
  'NetworkAttachmentDefinition',
  'VirtualMachineInstance',
] as const

export type Companion = (typeof COMPANIONS)[number]

const TEXT: Schema = { type: 'string' }
const TEXTS: Schema = { type: 'object', additionalProperties: TEXT }
const ANYTHING: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

// Selectors are plain maps, not label selectors; newer KubeVirt releases have gated fields beside these.
const MIGRATION_POLICY: Schema = {
  ...ANYTHING,
  properties: {
    selectors: {
      type: 'object',
      properties: { namespaceSelector: TEXTS, virtualMachineInstanceSelector: TEXTS },
    },
    allowAutoConverge: { type: 'boolean' },
    allowPostCopy: { type: 'boolean' },
    allowWorkloadDisruption: { type: 'boolean' },
    bandwidthPerMigration: {
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      'x-kubernetes-int-or-string': true,
    },
    completionTimeoutPerGiB: { type: 'integer', format: 'int64' },
  },
}

/** The CRD of a kind beside HyperConverged, as far as it concerns live migration. */
export function companionCrd(kind: Companion) {
  return CRDS[kind]
}

const CRDS = {
  MigrationPolicy: crd({
    group: 'migrations.kubevirt.io',
    names: { kind: 'MigrationPolicy', plural: 'migrationpolicies', singular: 'migrationpolicy' },
    scope: 'Cluster',
    version: 'v1alpha1',
    subresources: { status: {} },
    spec: MIGRATION_POLICY,
    required: ['spec'],
  }),
  NetworkAttachmentDefinition: crd({
    group: 'k8s.cni.cncf.io',
    names: {
      kind: 'NetworkAttachmentDefinition',
      plural: 'network-attachment-definitions',
      singular: 'network-attachment-definition',
      shortNames: ['net-attach-def'],
    },
    version: 'v1',
    spec: { type: 'object', properties: { config: TEXT } },
  }),
  // Its spec and status are whatever somebody writes.
  VirtualMachineInstance: crd({
    group: 'kubevirt.io',
    names: {
      kind: 'VirtualMachineInstance',
      plural: 'virtualmachineinstances',
      singular: 'virtualmachineinstance',
      shortNames: ['vmi', 'vmis'],
    },
    version: 'v1',
    spec: ANYTHING,
  }),
}

type Parts = {
  readonly group: string
  readonly names: { readonly kind: string; readonly plural: string; readonly singular: string } & {
    readonly shortNames?: readonly string[]
  }
  readonly scope?: 'Cluster'
  readonly version: string
  readonly subresources?: object
  readonly spec: Schema
  readonly required?: readonly string[]
}

function crd({ group, names, scope, version, subresources, spec, required = [] }: Parts) {
  const schema = {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: {
      apiVersion: TEXT,
      kind: TEXT,
      metadata: { type: 'object' },
      spec,
      status: ANYTHING,
    },
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${names.plural}.${group}` },
    spec: {
      group,
      names: { ...names, listKind: `${names.kind}List` },
      scope: scope ?? 'Namespaced',
      versions: [
        {
          ...{ name: version, served: true, storage: true },
          ...(subresources && { subresources }),
          schema: { openAPIV3Schema: schema },
        },
      ],
    },
  }
}
