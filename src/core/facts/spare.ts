import type { MigrationPolicy } from './migration-policy.ts'
import { canMeet, type Labels, selects } from './selection.ts'
import { canBeat } from './winner.ts'

/** A MigrationPolicy that keeps something from the VMs for which it wins. */
export type Spare = {
  readonly name: string
  readonly labels: Labels
  /** The policies that do not keep it from them, and win where both match. */
  readonly rivals: ReadonlySet<string>
}

/** What a policy spares beside those that do not. */
export function spareOf(spare: MigrationPolicy, others: readonly MigrationPolicy[]): Spare {
  const rivals = others.filter(other => canBeat(other, spare)).map(({ name }) => name)
  return { name: spare.name, labels: spare.labels, rivals: new Set(rivals) }
}

/** True where something that was spared among the VMs with these labels no longer is. */
export function isSparedLess(
  labels: Labels,
  before: readonly Spare[],
  after: readonly Spare[],
): boolean {
  // Settings that say the same of post copy share what spares.
  if (before === after) return false
  const byName = new Map(after.map(spare => [spare.name, spare]))
  return before.some(old => {
    const same = byName.get(old.name)
    if (same !== undefined && isSparedBy(old, same)) return false
    return canMeet(labels, old.labels) && !after.some(spare => isSparedBy(old, spare))
  })
}

// It selects as much, and loses to no further policy; unchanged, it does whoever is beside it now.
function isSparedBy(old: Spare, spare: Spare): boolean {
  if (!selects(spare.labels, old.labels)) return false
  if (spare.name === old.name && selects(old.labels, spare.labels)) return true
  for (const rival of spare.rivals) if (!old.rivals.has(rival)) return false
  return true
}
