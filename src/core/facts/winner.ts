import { isFleeting, type MigrationPolicy, type Workload } from './migration-policy.ts'
import { canMeet } from './selection.ts'

/**
 * Every policy that may win for a VM when it migrates: the lasting one, and each fleeting one that would beat it.
 */
export function possibleWinners(
  policies: readonly MigrationPolicy[],
): (workload: Workload) => readonly (MigrationPolicy | null)[] {
  const lasting = policies.filter(policy => !isFleeting(policy))
  const fleeting = policies.filter(isFleeting)
  return workload => {
    const winner = winnerAmong(lasting, workload)
    const others = fleeting.filter(
      policy => matches(policy, workload) && (winner === null || beats(policy, winner)),
    )
    return [...others, winner]
  }
}

function winnerAmong(
  policies: readonly MigrationPolicy[],
  workload: Workload,
): MigrationPolicy | null {
  let winner: MigrationPolicy | null = null
  for (const policy of policies)
    if ((winner === null || beats(policy, winner)) && matches(policy, workload)) winner = policy
  return winner
}

function matches(
  { labels: wanted }: MigrationPolicy,
  { labels, namespaceLabels }: Workload,
): boolean {
  if (wanted === null) return false
  for (const [key, value] of wanted.ofVm) if (labels[key] !== value) return false
  for (const [key, value] of wanted.ofNamespace) if (namespaceLabels[key] !== value) return false
  return true
}

/** True where some VM could match both policies and `left` would win for it. */
export function canBeat(left: MigrationPolicy, right: MigrationPolicy): boolean {
  return beats(left, right) && canMeet(left.labels, right.labels)
}

/**
 * True where `left` wins for a VM that both match: most labels, then most VM labels, then the lowest name
 * (kubevirt pkg/virt-controller/watch/migration/migrationpolicy.go; the user guide says otherwise, the code decides).
 */
function beats(left: MigrationPolicy, right: MigrationPolicy): boolean {
  const [all, ofVm] = [left.score[0] - right.score[0], left.score[1] - right.score[1]]
  if (all !== 0) return all > 0
  return ofVm !== 0 ? ofVm > 0 : left.name < right.name
}
