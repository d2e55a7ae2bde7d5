import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'

/** A rule of a Role: who has it may do this. */
export type Permission = {
  readonly apiGroups: readonly string[]
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  readonly resourceNames?: readonly string[]
}

export type Subject = { readonly kind: 'User' | 'Group'; readonly name: string } | ServiceAccount

export type ServiceAccount = {
  readonly kind: 'ServiceAccount'
  readonly name: string
  readonly namespace: string
}

const RBAC = 'rbac.authorization.k8s.io'

/**
 * Lets a subject do something in the whole cluster. The roles `edit` and `view` are empty here: no controller fills them,
 * so tests write out what they mean.
 */
export async function grant(
  plane: ControlPlane,
  subject: Subject,
  rules: readonly Permission[],
): Promise<void> {
  const name = `e2e:${subject.kind.toLowerCase()}:${subject.name}`
  const apiGroup = subject.kind === 'ServiceAccount' ? '' : RBAC
  const meta = { apiVersion: `${RBAC}/v1`, metadata: { name } }
  const role = { ...meta, kind: 'ClusterRole', rules }
  const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name }
  const binding = { ...meta, kind: 'ClusterRoleBinding', roleRef }
  await plane.must(['apply', '-f', '-'], {
    input: list([role, { ...binding, subjects: [{ ...subject, apiGroup }] }]),
  })
}

/**
 * Makes a service account with a pod, and a kubeconfig whose token is bound to that pod, as a running container has it.
 */
export async function podAccount(
  plane: ControlPlane,
  namespace: string,
  name: string,
): Promise<string> {
  const metadata = { name, namespace }
  // The node need not exist, but a pod without one is bound to nothing.
  const spec = {
    ...{ serviceAccountName: name, nodeName: 'node-1', automountServiceAccountToken: false },
    containers: [{ name: 'main', image: 'none' }],
  }
  await plane.must(['apply', '-f', '-'], {
    input: list([
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      { apiVersion: 'v1', kind: 'Pod', metadata, spec },
    ]),
  })
  const bound = ['--bound-object-kind', 'Pod', '--bound-object-name', name]
  const token = await plane.must(['create', 'token', name, '-n', namespace, ...bound])
  return plane.kubeconfigForToken(token.trim())
}

function list(items: readonly object[]): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
