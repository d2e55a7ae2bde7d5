import { beats, isMovable, type MigrationPolicy, type Ranked, rank } from './migration-policy.ts'

/** The labels that a VM and its namespace must have to be selected, by `vmi KEY` or `namespace KEY`; null: none can be. */
export type Labels = ReadonlyMap<string, string> | null

/**
 * What a policy selects. Which VMs there are does not count, because tomorrow there are others; nor do labels that KubeVirt
 * puts on a VM as it migrates it.
 */
function selectedLabels({ selectors }: MigrationPolicy): Labels {
  if (selectors === null) return null
  const entries = (of: string, map: Readonly<Record<string, string>>) =>
    Object.entries(map)
      .filter(([key]) => !isMovable(key))
      .map(([key, value]) => [`${of} ${key}`, value] as const)
  return new Map([
    ...entries('vmi', selectors.virtualMachineInstance),
    ...entries('namespace', selectors.namespace),
  ])
}

/** True where `more` selects every VM that `less` selects. */
export function selects(more: Labels, less: Labels): boolean {
  if (less === null || more === less) return true
  if (more === null || more.size > less.size) return false
  for (const [key, value] of more) if (less.get(key) !== value) return false
  return true
}

/** True where some VM could be selected by both. */
export function canMeet(left: Labels, right: Labels): boolean {
  if (left === null || right === null) return false
  const [few, many] = left.size <= right.size ? [left, right] : [right, left]
  for (const [key, value] of few) if ((many.get(key) ?? value) !== value) return false
  return true
}

/** A policy with what it selects, taken apart once and not for each pair of policies. */
export type Contender = Ranked & { readonly labels: Labels }

/** Takes a policy apart. */
export function toContender(policy: MigrationPolicy): Contender {
  return { ...rank(policy), labels: selectedLabels(policy) }
}

/** True where some VM could match both policies and `left` would win for it. */
export function canBeat(left: Contender, right: Contender): boolean {
  return beats(left, right) && canMeet(left.labels, right.labels)
}
