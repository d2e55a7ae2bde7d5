import {
  isFleeting,
  type MigrationPolicy,
  mergeMigrationPolicy,
} from '../facts/migration-policy.ts'
import { canBeat, type Labels, toContender } from '../facts/selection.ts'
import { type Spare, spareOf } from '../facts/spare.ts'
import type { Subject } from '../judging/subject.ts'
import type { Settings } from '../settings/live-migration-config.ts'
import { isPostCopyEffective } from '../settings/post-copy.ts'
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
  /** True where it would be on without the cluster settings, so that switching these off is not enough. */
  readonly byItself: boolean
  /** True where these VMs have post copy by the cluster settings alone: the policy wins over none that spares them. */
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
  const isOn = (cluster: Settings, policy: MigrationPolicy) =>
    isPostCopyEffective(mergeMigrationPolicy(cluster, policy))
  const cluster = isPostCopyEffective(settings)
  const on = policies.filter(policy => isOn(settings, policy)).map(toContender)
  if (!cluster && on.length === 0) return { cluster: null, policies: [] }
  const sparing = policies.filter(policy => spares(policy) && !isOn(settings, policy))
  const contenders = sparing
    .map(toContender)
    .map(contender => ({ contender, spare: spareOf(contender, on) }))
  return {
    cluster: cluster ? { spares: contenders.map(({ spare }) => spare) } : null,
    policies: on.map(own => {
      const { policy, labels } = own
      const byItself = hasPostCopyByItself(settings, policy)
      const beatsOne = contenders.some(({ contender }) => canBeat(own, contender))
      const over = contenders.filter(({ contender }) => canBeat(contender, own))
      return {
        policy,
        labels,
        spares: over.map(({ spare }) => spare),
        byItself,
        implied: cluster && !byItself && !beatsOne,
      }
    }),
  }
}

/** True where a policy switches post copy on although the cluster settings do not. */
export function hasPostCopyByItself(settings: Settings, policy: MigrationPolicy): boolean {
  return isPostCopyEffective(mergeMigrationPolicy({ ...settings, allowPostCopy: false }, policy))
}

// One that may not win when it counts spares nobody.
function spares(policy: MigrationPolicy): boolean {
  return policy.selectors !== null && !isFleeting(policy)
}

/** Where a violation of the cluster settings is: a request for a MigrationPolicy holds none of them. */
export function clusterPostCopy({
  field,
  kind,
}: Subject): Pick<BareViolation, 'field' | 'setting' | 'value'> {
  if (kind === 'MigrationPolicy') return { field: 'spec', value: null }
  return { field: field('allowPostCopy'), setting: 'allowPostCopy', value: true }
}
