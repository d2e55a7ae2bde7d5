import { annotationsOf } from '../annotations.ts'
import { exceptionTexts } from '../exceptions/exception-text.ts'
import { at, own, textAt } from '../json.ts'
import { readConfig, type Settings } from '../settings/live-migration-config.ts'
import {
  type Labels,
  lastingLabels,
  namesMovable,
  readSelectors,
  type Score,
  type Selectors,
  scoreOf,
} from './selection.ts'

/** The slice of a MigrationPolicy (migrations.kubevirt.io/v1alpha1) that changes whether post copy runs, and what excuses it. */
export type MigrationPolicy = {
  readonly name: string
  /** null: no selectors at all, which matches nothing; two empty maps match every VM. */
  readonly selectors: Selectors | null
  /** What lasts of the selectors. It follows from them as the score does, drawn once: they may be thousands of labels. */
  readonly labels: Labels
  readonly score: Score
  /** When its deletion began; a finalizer may let it live on. */
  readonly deletedAt: string | null
  readonly settings: Settings
  /** The exception annotations on it that can be honoured by their name and length. */
  readonly exceptions: Readonly<Record<string, string>>
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
  const selectors = readSelectors(at(object, ['spec', 'selectors']))
  return {
    name: textAt(object, ['metadata', 'name']) ?? '',
    selectors,
    labels: lastingLabels(selectors),
    score: scoreOf(selectors),
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

/**
 * True for a policy that may be gone or not match when a VM migrates: KubeVirt goes on using one that is being deleted, but
 * nobody is asked when it goes at last; and labels that KubeVirt moves come and go. Such a policy can endanger a VM, and
 * protects none.
 */
export function isFleeting({ deletedAt, selectors }: MigrationPolicy): boolean {
  return deletedAt !== null || namesMovable(selectors)
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
