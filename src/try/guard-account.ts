import { join } from 'node:path'
import type { ControlPlane } from '../control-plane/control-plane.ts'
import { writeKubeconfig } from '../control-plane/kubeconfig.ts'
import { rendered } from './shipped-manifests.ts'

const GUARD = 'hco-migration-guard'
const RIGHTS = ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding']

/** Makes the guard's service account with the rights that ship, and a kubeconfig with its token; `url` stands for another way to the API server. */
export async function guardKubeconfig(plane: ControlPlane, url = plane.url): Promise<string> {
  const items = (await rendered(plane, 'base')).filter(({ kind }) => RIGHTS.includes(kind))
  await plane.must(['apply', '-f', '-'], {
    input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  })
  const token = await plane.must(['create', 'token', GUARD, '-n', GUARD, '--duration=24h'])
  return writeKubeconfig(join(plane.dir, 'kubeconfig-of-the-guard'), {
    ...{ url, user: GUARD, namespace: GUARD, credential: { token: token.trim() } },
    ca: plane.certificates.ca.certificate,
  })
}
