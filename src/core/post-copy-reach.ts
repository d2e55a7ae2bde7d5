import type { Settings } from './live-migration-config.ts'
import { type MigrationPolicy, mergeMigrationPolicy } from './migration-policy.ts'
import { isPostCopyEffective } from './post-copy.ts'
import { canBeat, type Labels, labelsOf } from './selection.ts'
import { type Spare, spareOf } from './spare.ts'
import type { Subject } from './subject.ts'
import type { BareViolation } from './violation.ts'

/** Where post copy is effective, whether or not there is a VM yet. */
export type PostCopyReach = {
  /** By the cluster settings: for every VM that no policy spares; null where it is not. */
  readonly cluster: { readonly spares: readonly Spare[] } | null
  /** By a MigrationPolicy together with the cluster settings. */
  readonly policies: readonly PolicyReach[]
}

export type PolicyReach = {
  readonly policy: MigrationPolicy
  readonly labels: Labels
  /** The policies that win over it for some VMs and keep post copy from them. */
  readonly spares: readonly Spare[]
  /** True where these VMs have post copy by the cluster settings anyway: the policy wins over none that spares them. */
  readonly implied: boolean
}

/** What is said of a policy without selectors: it counts all the same, as what it sets waits for the first ones. */
export const NO_SELECTORS =
  'selects no VM as long as it has no selectors, and would switch post copy on for those that it is given'

/** Finds where post copy is effective. */
export function findPostCopyReach(
  settings: Settings,
  policies: readonly MigrationPolicy[],
): PostCopyReach {
  const isOn = (policy: MigrationPolicy) =>
    isPostCopyEffective(mergeMigrationPolicy(settings, policy))
  const cluster = isPostCopyEffective(settings)
  const on = policies.filter(isOn)
  if (!cluster && on.length === 0) return { cluster: null, policies: [] }
  // One that is being deleted spares nobody: no one is asked when it goes at last.
  const sparing = policies.filter(
    policy => policy.selectors !== null && policy.deletedAt === null && !isOn(policy),
  )
  const sparesOf = (some: readonly MigrationPolicy[]) => some.map(policy => spareOf(policy, on))
  return {
    cluster: cluster ? { spares: sparesOf(sparing) } : null,
    policies: on.map(policy => ({
      policy,
      labels: labelsOf(policy),
      spares: sparesOf(sparing.filter(other => canBeat(other, policy))),
      implied: cluster && !sparing.some(other => canBeat(policy, other)),
    })),
  }
}

/** Where a violation of the cluster settings is: a request for a MigrationPolicy holds none of them. */
export function clusterPostCopy({
  field,
  kind,
}: Subject): Pick<BareViolation, 'field' | 'setting' | 'value'> {
  if (kind === 'MigrationPolicy') return { field: 'spec', value: null }
  return { field: field('allowPostCopy'), setting: 'allowPostCopy', value: true }
}
