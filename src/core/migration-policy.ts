import { annotationsOf } from './annotations.ts'
import { exceptionTexts } from './exception.ts'
import { at, isObject, own, textAt, textEntries } from './json.ts'
import { readConfig, type Settings } from './live-migration-config.ts'

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

// A policy has no parallel limits, progress timeout or network.
const OVERRIDABLE = [
  'allowAutoConverge',
  'bandwidthPerMigration',
  'completionTimeoutPerGiB',
  'allowPostCopy',
  'allowWorkloadDisruption',
] as const

/**
 * The policy that wins for a VM: most matching labels, then most VM labels, then the lowest policy name
 * (kubevirt pkg/virt-controller/watch/migration/migrationpolicy.go; the user guide says otherwise, the code decides).
 */
export function winningPolicy(
  policies: readonly MigrationPolicy[],
  workload: Workload,
): MigrationPolicy | undefined {
  return winnerAmong(policies)(workload)
}

/**
 * Every policy that may win for a VM when it migrates: KubeVirt goes on using a policy that is being deleted, so it can
 * endanger a VM as before, but nobody is asked when it goes at last, so it protects none.
 */
export function possibleWinners(
  policies: readonly MigrationPolicy[],
): (workload: Workload) => readonly (MigrationPolicy | null)[] {
  const winnerNow = winnerAmong(policies)
  const winnerThen = winnerAmong(policies.filter(({ deletedAt }) => deletedAt === null))
  return workload => {
    const now = winnerNow(workload) ?? null
    return now === null || now.deletedAt === null ? [now] : [now, winnerThen(workload) ?? null]
  }
}

// The selectors are taken apart once and not for each VM: a policy may select thousands of labels.
function winnerAmong(
  policies: readonly MigrationPolicy[],
): (workload: Workload) => MigrationPolicy | undefined {
  const contenders = policies.flatMap(policy => contenderOf(policy) ?? [])
  return workload => {
    let winner: MigrationPolicy | undefined
    let best: readonly [number, number] = [-1, -1]
    for (const contender of contenders) {
      const { policy, score } = contender
      if (score[0] < best[0] || !matches(contender, workload)) continue
      const closer = score[0] > best[0] || score[1] > best[1]
      const first = score[1] === best[1] && winner !== undefined && policy.name < winner.name
      if (!closer && !first) continue
      winner = policy
      best = score
    }
    return winner
  }
}

type Pairs = readonly (readonly [key: string, value: string])[]
type Contender = {
  readonly policy: MigrationPolicy
  readonly ofVm: Pairs
  readonly ofNamespace: Pairs
  /** Labels in all, and of the VM. */
  readonly score: readonly [number, number]
}

function contenderOf(policy: MigrationPolicy): Contender | undefined {
  if (policy.selectors === null) return undefined
  const ofVm = Object.entries(policy.selectors.virtualMachineInstance)
  const ofNamespace = Object.entries(policy.selectors.namespace)
  return { policy, ofVm, ofNamespace, score: [ofVm.length + ofNamespace.length, ofVm.length] }
}

function matches({ ofVm, ofNamespace }: Contender, { labels, namespaceLabels }: Workload): boolean {
  return (
    ofVm.every(([key, value]) => labels[key] === value) &&
    ofNamespace.every(([key, value]) => namespaceLabels[key] === value)
  )
}

/** The selectors as a text that differs where they do. */
export function selectorsText({ selectors }: MigrationPolicy): string {
  if (selectors === null) return 'nothing'
  const sorted = (map: Readonly<Record<string, string>>) => Object.entries(map).sort()
  return JSON.stringify([sorted(selectors.virtualMachineInstance), sorted(selectors.namespace)])
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
