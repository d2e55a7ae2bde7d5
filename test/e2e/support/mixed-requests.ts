import type { ApiAnswer, ApiRequest } from '../../../src/control-plane/api-request.ts'
import { exception, inSeconds, mergePatch } from './changes.ts'
import { hyperConverged } from './objects.ts'

/** Whose requests they are; all of them are sent by the administrator, who impersonates. */
export type Author = 'jane' | 'rita' | 'operator'

/** A request to the API server and the status it must end with. */
export type Step = {
  readonly what: string
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly as: Author
  readonly status: number
}

const EXCEPTION = 'parallel-migrations-too-high'
const POLICIES = '/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies'

const BOUND = { parallelMigrationsPerCluster: 20 }
const TERMS = { reason: 'evacuation of rack 7', expires: inSeconds(86_400), bound: BOUND }
const annotations = exception(EXCEPTION, TERMS)
const REMOVED = { [`exception.migration-guard.io/${EXCEPTION}`]: null }

const set = (settings: Readonly<Record<string, unknown>>) => mergePatch({ settings })
const parallel = (parallelMigrationsPerCluster: number) => ({ parallelMigrationsPerCluster })
const proxy = (value: boolean) => ({ spec: { deployment: { deployVmConsoleProxy: value } } })
const excused = (value: number) => mergePatch({ annotations, settings: parallel(value) })
const withdrawn = mergePatch({ annotations: REMOVED, settings: parallel(5) })

type Patch = readonly [what: string, as: Author, body: object, status?: number, query?: string]

const DRY = '?dryRun=All'

const PATCHES: readonly Patch[] = [
  ['allowed', 'jane', set({ progressTimeout: 600 })],
  ['warned', 'jane', set(parallel(8))],
  ['denied', 'jane', set(parallel(60)), 403],
  ['invalid', 'jane', set({ progressTimeout: -1 }), 422],
  ['of a wrong type', 'jane', set({ progressTimeout: 'soon' }), 422],
  ['another field', 'jane', proxy(true)],
  ['a label', 'jane', mergePatch({ labels: { a: 'b' } })],
  ['dry, denied', 'jane', set(parallel(60)), 403, DRY],
  ['dry, allowed', 'jane', set({ progressTimeout: 300 }), 200, DRY],
  ['an exception by an editor', 'jane', mergePatch({ annotations }), 403],
  ['dry, by exception', 'rita', excused(20), 200, DRY],
  ['by exception', 'rita', excused(20)],
  ['under an exception', 'jane', set({ progressTimeout: 300 })],
  ['under an exception, lower', 'jane', set(parallel(12))],
  ['under an exception, higher', 'jane', set(parallel(18))],
  ['the exception removed', 'jane', mergePatch({ annotations: REMOVED }), 403],
  ['both removed', 'jane', withdrawn],
  ['the operator, spared', 'operator', set(parallel(500))],
  ['the operator', 'operator', set(parallel(5))],
  ['the operator, another field', 'operator', proxy(false)],
]

/** One round over a HyperConverged and a MigrationPolicy of its own: everything a guard can answer, and what it never sees. */
export function round(namespace: string): readonly Step[] {
  const collection = `/apis/hco.kubevirt.io/v1/namespaces/${namespace}/hyperconvergeds`
  const one = `${collection}/kubevirt-hyperconverged`
  const object = hyperConverged('v1', {})
  const body = { ...object, metadata: { ...object.metadata, namespace } }
  const stale = { ...body, metadata: { ...body.metadata, resourceVersion: '1' } }
  const patches = PATCHES.map(([what, as, change, status = 200, query = '']): Step => {
    return { what, method: 'PATCH', path: one + query, body: change, as, status }
  })
  return [
    { what: 'filled', method: 'POST', path: collection, body, as: 'jane', status: 201 },
    { what: 'too late', method: 'PUT', path: one, body: stale, as: 'jane', status: 409 },
    ...patches,
    ...policyRound(namespace),
    { what: 'deleted', method: 'DELETE', path: one, as: 'jane', status: 200 },
  ]
}

function policyRound(name: string): readonly Step[] {
  const path = `${POLICIES}/${name}`
  const body = {
    ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
    ...{ metadata: { name }, spec: { selectors: {} } },
  }
  const change = { spec: { bandwidthPerMigration: '1Gi' } }
  return [
    { what: 'a policy created', method: 'POST', path: POLICIES, body, as: 'jane', status: 201 },
    { what: 'a policy changed', method: 'PATCH', path, body: change, as: 'jane', status: 200 },
    { what: 'a policy deleted', method: 'DELETE', path, as: 'jane', status: 200 },
  ]
}

/** Sends a step as its author. */
export function send(request: ApiRequest, step: Step, namespace: string): Promise<ApiAnswer> {
  const { method, path, body, as } = step
  const patch = method === 'PATCH' && { 'content-type': 'application/merge-patch+json' }
  return request(method, path, body, { ...impersonating(as, namespace), ...patch })
}

function impersonating(author: Author, namespace: string): Readonly<Record<string, string>> {
  if (author !== 'operator') return { 'impersonate-user': author, 'impersonate-group': 'editors' }
  return {
    'impersonate-user': `system:serviceaccount:${namespace}:hyperconverged-cluster-operator`,
    'impersonate-group': 'editors',
    'impersonate-extra-authentication.kubernetes.io%2fpod-name': 'hyperconverged-cluster-operator',
  }
}
