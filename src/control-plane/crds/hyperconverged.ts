import { type ApiVersion, type Era, VERSIONS } from './eras.ts'
import { liveMigrationConfig } from './live-migration-config.ts'
import { objectOf, type Schema } from './schema.ts'

/** Where the API server finds the webhook that converts between v1 and v1beta1. */
export type ConversionClient = { readonly url: string; readonly caBundle: string }

/** The HyperConverged CRD of an era: its versions and defaults, and enough other fields to edit beside them. */
export function hyperConvergedCrd(era: Era, conversion: ConversionClient) {
  const { served, stored } = VERSIONS[era]
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'hyperconvergeds.hco.kubevirt.io' },
    spec: {
      group: 'hco.kubevirt.io',
      names: {
        ...{ kind: 'HyperConverged', listKind: 'HyperConvergedList' },
        ...{ plural: 'hyperconvergeds', singular: 'hyperconverged', shortNames: ['hco', 'hcos'] },
      },
      scope: 'Namespaced',
      versions: served.map(name => version(name, era, name === stored)),
      ...(served.length > 1 && { conversion: webhook(conversion) }),
    },
  }
}

function webhook(clientConfig: ConversionClient) {
  const conversionReviewVersions = ['v1']
  return { strategy: 'Webhook', webhook: { clientConfig, conversionReviewVersions } }
}

function version(name: ApiVersion, era: Era, storage: boolean) {
  const spec = name === 'v1' ? specOfV1(era) : specOfV1beta1(era)
  const root = {
    type: 'object',
    properties: {
      ...{ apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: { type: 'object' } },
      spec,
      status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    },
  }
  return {
    ...{ name, served: true, storage, subresources: { status: {} } },
    schema: { openAPIV3Schema: root },
    additionalPrinterColumns: [{ ...AGE, description: eraMark(era) }],
  }
}

// The column kubectl shows anyway.
const AGE = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' }

/** Description of the age column: by it the API server tells which era's CRD it serves right now. */
export function eraMark(era: Era): string {
  return `as of HCO ${era}`
}

const UNINSTALL: Schema = {
  type: 'string',
  enum: ['RemoveWorkloads', 'BlockUninstallIfWorkloadsExist'],
  default: 'BlockUninstallIfWorkloadsExist',
}
const CONSOLE_PROXY: Schema = { type: 'boolean', default: false }
const EVICTION: Schema = {
  type: 'string',
  enum: ['None', 'LiveMigrate', 'LiveMigrateIfPossible', 'External'],
}
const WORKLOAD_UPDATE = objectOf({
  batchEvictionInterval: { type: 'string', default: '1m0s' },
  batchEvictionSize: { type: 'integer', default: 10 },
  workloadUpdateMethods: {
    ...{ type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'atomic' },
    default: ['LiveMigrate'],
  },
})

function specOfV1beta1(era: Era): Schema {
  return objectOf({
    liveMigrationConfig: liveMigrationConfig(era, 'v1beta1'),
    evictionStrategy: EVICTION,
    workloadUpdateStrategy: WORKLOAD_UPDATE,
    uninstallStrategy: UNINSTALL,
    deployVmConsoleProxy: CONSOLE_PROXY,
  })
}

function specOfV1(era: Era): Schema {
  return objectOf({
    virtualization: objectOf({
      liveMigrationConfig: liveMigrationConfig(era, 'v1'),
      evictionStrategy: EVICTION,
      workloadUpdateStrategy: WORKLOAD_UPDATE,
    }),
    deployment: objectOf({
      uninstallStrategy: UNINSTALL,
      deployVmConsoleProxy: CONSOLE_PROXY,
    }),
  })
}
