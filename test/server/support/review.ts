import { readFileSync } from 'node:fs'
import { hyperConverged, type Values } from '../../support/review.ts'

const EXAMPLES = new URL('../../../examples/reviews/', import.meta.url)

/** The text of one of the published example reviews. */
export function example(name: string): string {
  return readFileSync(new URL(`${name}.json`, EXAMPLES), 'utf8')
}

/** An AdmissionReview of an update of the settings, as JSON text; `changes` go over the request. */
export function updateReview(before: Values, after: Values, changes: Values = {}): string {
  return JSON.stringify({
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid: UID,
      kind: { group: 'hco.kubevirt.io', version: 'v1', kind: 'HyperConverged' },
      name: 'kubevirt-hyperconverged',
      namespace: 'openshift-cnv',
      operation: 'UPDATE',
      userInfo: { username: 'alice' },
      object: hyperConverged({ ...STOCK, ...after }),
      oldObject: hyperConverged({ ...STOCK, ...before }),
      ...changes,
    },
  })
}

export const UID = '4fbdff2f-4e6a-4ca4-931f-f1e66ee22cb0'

/** The settings of a HyperConverged of our time that nobody touched. */
export const STOCK: Values = {
  allowAutoConverge: false,
  allowPostCopy: false,
  allowWorkloadDisruption: false,
  completionTimeoutPerGiB: 20,
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 1,
  progressTimeout: 150,
}
