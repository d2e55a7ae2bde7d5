import type { KubectlOptions } from '../../../src/control-plane/kubectl.ts'
import { podAccount } from './accounts.ts'
import { type Cluster, NAMESPACE } from './cluster.ts'

const OPERATOR = 'hyperconverged-cluster-operator'

/** What HCO calls itself; to be among the `users` of the cluster. */
export const OPERATOR_USER = `system:serviceaccount:${NAMESPACE}:${OPERATOR}`

/** Those who are the operator, and those who are nearly. */
export type Who =
  | 'operator'
  | 'operator without a pod'
  | 'impersonated operator'
  | 'operator by static token'
  | 'operator of another namespace'
  | 'other pod'

/** How kubectl acts as somebody. */
export type Person = KubectlOptions & { readonly args?: readonly string[] }

/** Makes the accounts, all of which may do anything: what differs is who they are. */
export async function meetPeople(cluster: Cluster): Promise<Readonly<Record<Who, Person>>> {
  await cluster.must(['create', 'namespace', 'other'])
  const anything = ['create', 'clusterrolebinding', 'all', '--clusterrole=cluster-admin']
  await cluster.must([...anything, '--group=system:serviceaccounts'])
  const operator = await podAccount(cluster, NAMESPACE, OPERATOR)
  const stranger = await podAccount(cluster, 'other', OPERATOR)
  const pod = await podAccount(cluster, NAMESPACE, 'other')
  const token = await cluster.must(['create', 'token', OPERATOR])
  return {
    operator: { kubeconfig: operator },
    'operator without a pod': { kubeconfig: cluster.kubeconfigForToken(token.trim()) },
    'impersonated operator': { args: ['--as', OPERATOR_USER, '--as-group=system:masters'] },
    'operator by static token': { user: OPERATOR_USER },
    'operator of another namespace': { kubeconfig: stranger },
    'other pod': { kubeconfig: pod },
  }
}
