import type { MigrationPolicy } from './migration-policy.ts'

/** The labels that a VM and its namespace must have to be selected; null where none can be. */
export type Labels = readonly string[] | null

/** What a policy selects. Which VMs there are does not count, because tomorrow there are others. */
export function labelsOf({ selectors }: MigrationPolicy): Labels {
  if (selectors === null) return null
  const pairs = (of: string, map: Readonly<Record<string, string>>) =>
    Object.entries(map).map(pair => JSON.stringify([of, ...pair]))
  return [
    ...pairs('vmi', selectors.virtualMachineInstance),
    ...pairs('namespace', selectors.namespace),
  ]
}

/** True where `more` selects every VM that `less` selects. */
export function selects(more: Labels, less: Labels): boolean {
  if (less === null) return true
  return more?.every(label => less.includes(label)) ?? false
}

/**
 * True where some VM could match both policies and `left` would win for it: more labels, then more labels of the VM, then
 * the lower name (kubevirt pkg/virt-controller/watch/migration/migrationpolicy.go).
 */
export function canBeat(left: MigrationPolicy, right: MigrationPolicy): boolean {
  if (left.selectors === null || right.selectors === null) return false
  const [vmi, namespace] = [left.selectors.virtualMachineInstance, left.selectors.namespace]
  const [otherVmi, otherNamespace] = [
    right.selectors.virtualMachineInstance,
    right.selectors.namespace,
  ]
  if (contradict(vmi, otherVmi) || contradict(namespace, otherNamespace)) return false
  const ofVm = count(vmi) - count(otherVmi)
  const all = ofVm + count(namespace) - count(otherNamespace)
  if (all !== 0) return all > 0
  return ofVm === 0 ? left.name < right.name : ofVm > 0
}

function count(map: Readonly<Record<string, string>>): number {
  return Object.keys(map).length
}

function contradict(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(left).some(([key, value]) => (right[key] ?? value) !== value)
}
