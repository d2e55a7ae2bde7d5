import type { ApiAnswer } from '../../../src/control-plane/api-request.ts'
import { type Cluster, NAMESPACE } from './cluster.ts'

const COLLECTION = `/apis/hco.kubevirt.io/v1beta1/namespaces/${NAMESPACE}/hyperconvergeds`
const ONE = `${COLLECTION}/kubevirt-hyperconverged`

export const MERGE = { 'content-type': 'application/merge-patch+json' }

/** A change of the live-migration settings that is judged like any other and never stored. */
export function attempt({ request }: Pick<Cluster, 'request'>, settings: object) {
  return request('PATCH', `${ONE}?dryRun=All`, { spec: { liveMigrationConfig: settings } }, MERGE)
}

/** Says whether an answer of the API server is a refusal by that rule. */
export function isRefusedBy({ status, body }: ApiAnswer, rule: string): boolean {
  return status >= 400 && JSON.stringify(body).includes(`[${rule}]`)
}
