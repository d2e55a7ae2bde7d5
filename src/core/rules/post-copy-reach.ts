import {
  isFleeting,
  type MigrationPolicy,
  mergeMigrationPolicy,
} from '../facts/migration-policy.ts'
import { type Spare, spareOf } from '../facts/spare.ts'
import { canBeat } from '../facts/winner.ts'
import type { Subject } from '../judging/subject.ts'
import type { Settings } from '../settings/live-migration-config.ts'
import { isPostCopyEffective, postCopyConditions } from '../settings/post-copy.ts'
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
  /** The policies that win over it for some VMs and keep post copy from them. */
  readonly spares: readonly Spare[]
  /** True where it would be on without the cluster settings, so that switching these off is not enough. */
  readonly byItself: boolean
  /** True where it goes off with the cluster settings. */
  readonly follows: boolean
  /** True where these VMs have post copy by the cluster settings alone: the policy wins over none that spares them. */
  readonly implied: boolean
}

/** What is said of a policy without selectors: it counts all the same, as what it sets waits for the first ones. */
export const NO_SELECTORS =
  'selects no VM as long as it has no selectors, and would switch post copy on for those that it is given'

const reaches = new WeakMap<readonly MigrationPolicy[], Map<string, PostCopyReach>>()

/** Finds where post copy is effective: once for the same policies and what of the settings counts for it, and not for each request. */
export function findPostCopyReach(
  settings: Settings,
  policies: readonly MigrationPolicy[],
): PostCopyReach {
  const known = reaches.get(policies) ?? new Map<string, PostCopyReach>()
  reaches.set(policies, known)
  const conditions = postCopyConditions(settings).join()
  const reach = known.get(conditions) ?? reachOf(settings, policies)
  known.set(conditions, reach)
  return reach
}

function reachOf(settings: Settings, policies: readonly MigrationPolicy[]): PostCopyReach {
  const isOn = (policy: MigrationPolicy) =>
    isPostCopyEffective(mergeMigrationPolicy(settings, policy))
  const cluster = isPostCopyEffective(settings)
  const on = policies.filter(isOn)
  if (!cluster && on.length === 0) return { cluster: null, policies: [] }
  const sparing = policies
    .filter(policy => spares(policy) && !isOn(policy))
    .map(policy => ({ policy, spare: spareOf(policy, on) }))
  return {
    cluster: cluster ? { spares: sparing.map(({ spare }) => spare) } : null,
    policies: on.map(own => {
      const byItself = hasPostCopyByItself(settings, own)
      const follows = cluster && !byItself
      const beatsOne = sparing.some(({ policy }) => canBeat(own, policy))
      const over = sparing.filter(({ policy }) => canBeat(policy, own))
      return {
        policy: own,
        spares: over.map(({ spare }) => spare),
        byItself,
        follows,
        implied: follows && !beatsOne,
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

/** Where a violation by a MigrationPolicy is: a request for another one does not hold its settings. */
export function policyField({ field, kind, subjectPolicy }: Subject, name: string): string {
  return kind === 'HyperConverged' || name === subjectPolicy ? field('allowPostCopy') : 'spec'
}
