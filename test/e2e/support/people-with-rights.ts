import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'
import { rendered } from '../../../src/try/shipped-manifests.ts'
import { grant, type Permission, type Subject } from './accounts.ts'
import { NAMESPACE } from './cluster.ts'

/** What an editor of live-migration settings may do, and nothing about exceptions. */
export const EDIT: readonly Permission[] = [
  {
    apiGroups: ['hco.kubevirt.io'],
    resources: ['hyperconvergeds', 'hyperconvergeds/status'],
    verbs: ['*'],
  },
  { apiGroups: ['migrations.kubevirt.io'], resources: ['migrationpolicies'], verbs: ['*'] },
]

/** Makes editors of a group; who is in it and what else they may do, others say. */
export function letEdit(plane: ControlPlane, group: string): Promise<void> {
  return grant(plane, { kind: 'Group', name: group }, EDIT)
}

/** Binds a Role or ClusterRole that is there to somebody, in the namespace of the HyperConverged. */
export async function bind(
  { must }: ControlPlane,
  kind: 'role' | 'clusterrole',
  role: string,
  { kind: who, name }: Subject,
): Promise<void> {
  const binding = `${role}-for-${name}`
  const subject = `--${who.toLowerCase()}=${name}`
  await must(['create', 'rolebinding', binding, `--${kind}=${role}`, subject, '-n', NAMESPACE])
}

/** The ClusterRole that ships, for all rules. */
export const APPROVER = 'hco-migration-guard-exception-approver'

const DOCS = join(import.meta.dirname, '../../../docs/exceptions.md')

/** Applies the ClusterRole that ships and the Role that the documentation shows, `approve-parallel-migrations`. */
export async function applyApproverRoles(plane: ControlPlane): Promise<void> {
  const [, role] = /```yaml\n(apiVersion: rbac[^`]*)```/.exec(readFileSync(DOCS, 'utf8')) ?? []
  if (role === undefined) throw new Error(`${DOCS} shows no role`)
  await plane.must(['apply', '-f', '-'], { input: role })
  const shipped = (await rendered(plane, 'base')).find(
    ({ metadata: { name } }) => name === APPROVER,
  )
  await plane.must(['apply', '-f', '-'], { input: JSON.stringify(shipped) })
}
