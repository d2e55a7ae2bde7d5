import { isObject, own, textEntries } from '../json.ts'

/** The labels that a MigrationPolicy asks of a VM and of its namespace. */
export type Selectors = {
  readonly namespace: Readonly<Record<string, string>>
  readonly virtualMachineInstance: Readonly<Record<string, string>>
}

/** The selectors by the name that they have in a policy. */
const NAMES = {
  namespace: 'namespaceSelector',
  virtualMachineInstance: 'virtualMachineInstanceSelector',
} as const satisfies Readonly<Record<keyof Selectors, string>>

/** The names of the selectors as they stand in a policy. */
export const SELECTOR_NAMES = Object.values(NAMES)

/** Reads selectors; null where there are none. */
export function readSelectors(value: unknown): Selectors | null {
  if (!isObject(value)) return null
  return {
    namespace: textEntries(own(value, NAMES.namespace)),
    virtualMachineInstance: textEntries(own(value, NAMES.virtualMachineInstance)),
  }
}

// KubeVirt itself puts these on a VM, the second one just before it looks for the policy of a migration (kubevirt
// pkg/virt-controller/watch/migration/migration.go, handleTargetPodHandoff). What is there now says nothing of that moment.
const MOVABLE: readonly string[] = [
  'kubevirt.io/nodeName',
  'kubevirt.io/migrationTargetNodeName',
  'kubevirt.io/outdatedLauncherImage',
]

/** True where selectors name a label that may be another one when the VM migrates. */
export function namesMovable(selectors: Selectors | null): boolean {
  return MOVABLE.some(key => selectors?.virtualMachineInstance[key] !== undefined)
}

type Pairs = ReadonlyMap<string, string>

/** The labels that a VM and its namespace must have to be selected; null: none can be. */
export type Labels = { readonly ofVm: Pairs; readonly ofNamespace: Pairs } | null

/** What selects every VM. */
export const EVERY: Labels = { ofVm: new Map(), ofNamespace: new Map() }

/**
 * What selectors select. Which VMs there are does not count, because tomorrow there are others; nor do labels that KubeVirt
 * puts on a VM as it migrates it.
 */
export function lastingLabels(selectors: Selectors | null): Labels {
  if (selectors === null) return null
  const ofVm = Object.entries(selectors.virtualMachineInstance)
  return {
    ofVm: new Map(ofVm.filter(([key]) => !MOVABLE.includes(key))),
    ofNamespace: new Map(Object.entries(selectors.namespace)),
  }
}

/** True where `more` selects every VM that `less` selects. */
export function selects(more: Labels, less: Labels): boolean {
  if (less === null || more === less) return true
  return (
    more !== null && isWithin(more.ofVm, less.ofVm) && isWithin(more.ofNamespace, less.ofNamespace)
  )
}

function isWithin(few: Pairs, many: Pairs): boolean {
  if (few.size > many.size) return false
  for (const [key, value] of few) if (many.get(key) !== value) return false
  return true
}

/** True where some VM could be selected by both. */
export function canMeet(left: Labels, right: Labels): boolean {
  return (
    left !== null &&
    right !== null &&
    agree(left.ofVm, right.ofVm) &&
    agree(left.ofNamespace, right.ofNamespace)
  )
}

function agree(left: Pairs, right: Pairs): boolean {
  const [few, many] = left.size <= right.size ? [left, right] : [right, left]
  for (const [key, value] of few) if ((many.get(key) ?? value) !== value) return false
  return true
}

/** How many labels selectors name in all, and of the VM. */
export type Score = readonly [all: number, ofVm: number]

/** Counts the labels. */
export function scoreOf(selectors: Selectors | null): Score {
  const ofVm = Object.keys(selectors?.virtualMachineInstance ?? {}).length
  const ofNamespace = Object.keys(selectors?.namespace ?? {}).length
  return [ofVm + ofNamespace, ofVm]
}
