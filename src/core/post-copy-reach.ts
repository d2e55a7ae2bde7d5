import type { Settings } from './live-migration-config.ts'
import { isFleeting, type MigrationPolicy, mergeMigrationPolicy } from './migration-policy.ts'
import { isPostCopyEffective } from './post-copy.ts'
import { type Contender, canBeat, type Labels, toContender } from './selection.ts'
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
  const without = { ...settings, allowPostCopy: false }
  const sparing = policies.filter(policy => spares(policy) && !isOn(settings, policy))
  const contenders = sparing.map(toContender)
  const all = contenders.map(contender => spareOf(contender, on))
  const sparesOver = (winner: Contender) =>
    all.filter((_spare, index) => canBeatAt(contenders, index, winner))
  return {
    cluster: cluster ? { spares: all } : null,
    policies: on.map(contender => {
      const byItself = isOn(without, contender.policy)
      const beatsOne = contenders.some(other => canBeat(contender, other))
      return {
        policy: contender.policy,
        labels: contender.labels,
        spares: sparesOver(contender),
        byItself,
        implied: cluster && !byItself && !beatsOne,
      }
    }),
  }
}

function canBeatAt(contenders: readonly Contender[], index: number, other: Contender): boolean {
  const contender = contenders[index]
  return contender !== undefined && canBeat(contender, other)
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
