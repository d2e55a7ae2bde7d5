import type { MigrationPolicy } from './migration-policy.ts'
import { canBeat, type Labels, labelsOf, selects } from './selection.ts'

/** A MigrationPolicy that keeps something from the VMs for which it wins. */
export type Spare = {
  readonly name: string
  readonly labels: Labels
  /** The policies that do not keep it from them, and win where both match. */
  readonly rivals: readonly string[]
}

/** What a policy spares beside those that do not. */
export function spareOf(policy: MigrationPolicy, others: readonly MigrationPolicy[]): Spare {
  const rivals = others.filter(other => canBeat(other, policy)).map(({ name }) => name)
  return { name: policy.name, labels: labelsOf(policy), rivals }
}

/** True where all that `old` spared is spared by `spare`: it selects as much, and loses to no further policy. */
export function isSparedBy(old: Spare, spare: Spare): boolean {
  if (!selects(spare.labels, old.labels)) return false
  const unchanged = spare.name === old.name && selects(old.labels, spare.labels)
  return unchanged || spare.rivals.every(rival => old.rivals.includes(rival))
}
