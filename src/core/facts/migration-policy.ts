import { annotationsOf } from '../annotations.ts'
import { exceptionTexts } from '../exceptions/exception-text.ts'
import { at, isObject, own, textAt, textEntries } from '../json.ts'
import { readConfig, type Settings } from '../settings/live-migration-config.ts'

/** The slice of a MigrationPolicy (migrations.kubevirt.io/v1alpha1) that changes whether post copy runs, and what excuses it. */
export type MigrationPolicy = {
  readonly name: string
  /** null: no selectors at all, which matches nothing; two empty maps match every VM. */
  readonly selectors: Selectors | null
  /** When its deletion began; a finalizer may let it live on. */
  readonly deletedAt: string | null
  readonly settings: Settings
  /** The exception annotations on it that can be honoured by their name and length. */
  readonly exceptions: Readonly<Record<string, string>>
}

export type Selectors = {
  readonly namespace: Readonly<Record<string, string>>
  readonly virtualMachineInstance: Readonly<Record<string, string>>
}

/** What a policy's selectors are matched against. */
export type Workload = {
  /** `namespace/name` */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly namespaceLabels: Readonly<Record<string, string>>
}

/** Reads a MigrationPolicy object; values of a wrong type are left out, as KubeVirt's own admitter refuses them. */
export function readMigrationPolicy(object: unknown): MigrationPolicy {
  const selectors = at(object, ['spec', 'selectors'])
  return {
    name: textAt(object, ['metadata', 'name']) ?? '',
    selectors: isObject(selectors)
      ? {
          namespace: textEntries(own(selectors, 'namespaceSelector')),
          virtualMachineInstance: textEntries(own(selectors, 'virtualMachineInstanceSelector')),
        }
      : null,
    deletedAt: textAt(object, ['metadata', 'deletionTimestamp']) ?? null,
    settings: readConfig(own(object, 'spec')).settings,
    exceptions: exceptionTexts(annotationsOf(object)),
  }
}

/**
 * The cluster settings as they are for a VM that the policy wins: overridden field by field, and a policy that sets
 * allowPostCopy without allowWorkloadDisruption sets both (kubevirt staging/src/kubevirt.io/api/migrations/v1alpha1,
 * GetMigrationConfByPolicy).
 */
export function mergeMigrationPolicy(cluster: Settings, { settings }: MigrationPolicy): Settings {
  const merged: Record<string, unknown> = { ...cluster }
  for (const name of OVERRIDABLE) if (settings[name] !== undefined) merged[name] = settings[name]
  if (settings.allowPostCopy !== undefined && settings.allowWorkloadDisruption === undefined)
    merged.allowWorkloadDisruption = settings.allowPostCopy
  return merged as Settings
}

/** The settings that a policy has: no parallel limits, progress timeout or network. */
export const OVERRIDABLE = [
  'allowAutoConverge',
  'bandwidthPerMigration',
  'completionTimeoutPerGiB',
  'allowPostCopy',
  'allowWorkloadDisruption',
] as const

// KubeVirt itself puts these on a VM, the second one just before it looks for the policy of a migration (kubevirt
// pkg/virt-controller/watch/migration/migration.go, handleTargetPodHandoff). What is there now says nothing of that moment.
const MOVABLE: readonly string[] = [
  'kubevirt.io/nodeName',
  'kubevirt.io/migrationTargetNodeName',
  'kubevirt.io/outdatedLauncherImage',
]

/** True for the key of a label that may be another one when the VM migrates. */
export function isMovable(key: string): boolean {
  return MOVABLE.includes(key)
}

/**
 * True for a policy that may be gone or not match when a VM migrates: KubeVirt goes on using one that is being deleted, but
 * nobody is asked when it goes at last; and labels that KubeVirt moves come and go. Such a policy can endanger a VM, and
 * protects none.
 */
export function isFleeting({ deletedAt, selectors }: MigrationPolicy): boolean {
  return deletedAt !== null || Object.keys(selectors?.virtualMachineInstance ?? {}).some(isMovable)
}

/**
 * Every policy that may win for a VM when it migrates: the lasting one, and each fleeting one that would beat it.
 */
export function possibleWinners(
  policies: readonly MigrationPolicy[],
): (workload: Workload) => readonly (MigrationPolicy | null)[] {
  const lasting = policies.filter(policy => !isFleeting(policy)).flatMap(contenderOf)
  const fleeting = policies.filter(isFleeting).flatMap(contenderOf)
  return workload => {
    const winner = winnerAmong(lasting, workload)
    const others = fleeting.filter(
      contender => matches(contender, workload) && (winner === null || beats(contender, winner)),
    )
    return [...others.map(({ policy }) => policy), winner?.policy ?? null]
  }
}

function winnerAmong(contenders: readonly Contender[], workload: Workload): Contender | null {
  let winner: Contender | null = null
  for (const contender of contenders)
    if ((winner === null || beats(contender, winner)) && matches(contender, workload))
      winner = contender
  return winner
}

type Pairs = readonly (readonly [key: string, value: string])[]

// The selectors are taken apart once and not for each VM: a policy may select thousands of labels.
type Contender = Ranked & { readonly ofVm: Pairs; readonly ofNamespace: Pairs }

function contenderOf(policy: MigrationPolicy): readonly Contender[] {
  if (policy.selectors === null) return []
  const ofVm = Object.entries(policy.selectors.virtualMachineInstance)
  const ofNamespace = Object.entries(policy.selectors.namespace)
  const lasting = ofVm.filter(([key]) => !isMovable(key))
  return [{ ...rank(policy), ofVm: lasting, ofNamespace }]
}

/** A policy with what decides whether it wins over another one that matches as well. */
export type Ranked = {
  readonly policy: MigrationPolicy
  /** Labels in all, and of the VM. */
  readonly score: readonly [all: number, ofVm: number]
}

/** Counts the labels of a policy. */
export function rank(policy: MigrationPolicy): Ranked {
  const ofVm = Object.keys(policy.selectors?.virtualMachineInstance ?? {}).length
  const ofNamespace = Object.keys(policy.selectors?.namespace ?? {}).length
  return { policy, score: [ofVm + ofNamespace, ofVm] }
}

/**
 * True where `left` wins for a VM that both match: most labels, then most VM labels, then the lowest name
 * (kubevirt pkg/virt-controller/watch/migration/migrationpolicy.go; the user guide says otherwise, the code decides).
 */
export function beats(left: Ranked, right: Ranked): boolean {
  const [all, ofVm] = [left.score[0] - right.score[0], left.score[1] - right.score[1]]
  if (all !== 0) return all > 0
  return ofVm !== 0 ? ofVm > 0 : left.policy.name < right.policy.name
}

function matches({ ofVm, ofNamespace }: Contender, { labels, namespaceLabels }: Workload): boolean {
  return (
    ofVm.every(([key, value]) => labels[key] === value) &&
    ofNamespace.every(([key, value]) => namespaceLabels[key] === value)
  )
}

/** The keys of all labels that selectors name: no other label can change which policy wins. */
export type SelectorKeys = {
  readonly namespace: ReadonlySet<string>
  readonly virtualMachineInstance: ReadonlySet<string>
}

/** The keys that these policies select on. */
export function selectorKeys(policies: readonly MigrationPolicy[]): SelectorKeys {
  const keysOf = (of: keyof Selectors) =>
    new Set(policies.flatMap(({ selectors }) => Object.keys(selectors?.[of] ?? {})))
  return {
    namespace: keysOf('namespace'),
    virtualMachineInstance: keysOf('virtualMachineInstance'),
  }
}
