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

/** Binds a ClusterRole that is there to somebody, in the namespace of the HyperConverged. */
export async function bind(
  { must }: ControlPlane,
  role: string,
  { kind: who, name }: Subject,
): Promise<void> {
  const binding = `${role}-for-${name}`
  const subject = `--${who.toLowerCase()}=${name}`
  await must(['create', 'rolebinding', binding, `--clusterrole=${role}`, subject, '-n', NAMESPACE])
}

/** The ClusterRole that ships, for all rules. */
export const APPROVER = 'hco-migration-guard-exception-approver'

/** The rule for which the documentation shows a role. */
export const SHOWN_RULE = 'post-copy-unstable-network'

const DOCS = join(import.meta.dirname, '../../../docs/exceptions.md')

/**
 * Applies the ClusterRole that ships and all that the documentation shows: the role for one rule, bound to a group of each
 * kind of approvers, and the binding of a GitOps account. For `rule` the role is made from the same text.
 */
export async function applyApproverRoles(plane: ControlPlane, rule: string): Promise<void> {
  const apply = (input: string) => plane.must(['apply', '-f', '-'], { input })
  const [role, ...bindings] = shownRights()
  if (role === undefined) throw new Error(`${DOCS} shows no role`)
  for (const text of [role, ...bindings, role.replaceAll(SHOWN_RULE, rule)]) await apply(text)
  const shipped = (await rendered(plane, 'base')).find(
    ({ metadata: { name } }) => name === APPROVER,
  )
  await apply(JSON.stringify(shipped))
}

function shownRights(): readonly string[] {
  const blocks = readFileSync(DOCS, 'utf8').matchAll(/```yaml\n(apiVersion: rbac[^`]*)```/g)
  return [...blocks].map(([, text = '']) => text)
}

/** The command by which the documentation asks whether somebody may approve. */
export function shownQuestion(): string {
  const [, command] = /```sh\n(kubectl create [^`]*)```/.exec(readFileSync(DOCS, 'utf8')) ?? []
  if (command === undefined) throw new Error(`${DOCS} shows no question`)
  return command
}
