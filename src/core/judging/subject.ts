import { annotationPath, JSON_PATCH } from '../annotations.ts'
import type { Unapproved } from '../exceptions/approval.ts'
import type { ExceptionEntry } from '../exceptions/exception.ts'
import type { ClusterFacts, CriticalGroup } from '../facts/cluster-facts.ts'
import type { InvalidPolicyValue } from '../facts/invalid-policy-values.ts'
import { findNetwork, type MigrationNetwork } from '../facts/migration-network.ts'
import type { MigrationPolicy } from '../facts/migration-policy.ts'
import type { Profile } from '../facts/profile.ts'
import { type Override, READINGS, type Reading } from '../json-patch/override.ts'
import type { Policy } from '../policy.ts'
import type { Scope } from '../scope.ts'
import type {
  FieldName,
  InvalidValue,
  ReadConfig,
  Settings,
} from '../settings/live-migration-config.ts'

/** What is the same for every reading of the settings in one request. */
export type Situation = {
  readonly kind: Scope['kind']
  /** Namespace of the HyperConverged. */
  readonly namespace: string
  readonly profile: Profile
  /** Annotations of the HyperConverged as the request leaves them. */
  readonly declarations: Readonly<Record<string, string>>
  /** Where critical data is declared, or null. */
  readonly criticalData: string | null
  readonly policies: readonly MigrationPolicy[]
  /** The running critical VMs, with the MigrationPolicy that wins for them. */
  readonly critical: readonly CriticalGroup[]
  /** What is wrong with the values of the MigrationPolicy that the request creates or changes. */
  readonly invalidInPolicy: readonly InvalidPolicyValue[]
  /** Name of the MigrationPolicy that the request creates, changes or deletes. */
  readonly subjectPolicy: string | null
  readonly policy: Policy
  readonly facts: ClusterFacts
}

/** One reading of the settings, as rules see it. */
export type Subject = Situation & {
  readonly settings: Settings
  readonly invalid: readonly InvalidValue[]
  readonly network: MigrationNetwork
  /** Path of a setting in the version of the request; of the annotation for an override's result. */
  readonly field: (name: FieldName | null) => string
  /** Under which readings of the jsonpatch annotation this is what takes effect; none for settings that it overrides. */
  readonly effectiveIn: readonly Reading[]
  readonly override: Override | null
  readonly exceptions: readonly ExceptionEntry[]
  readonly unapproved: readonly Unapproved[]
}

/** The readings of one object: its settings, and what the jsonpatch annotation makes of them. */
export function subjectsOf(
  situation: Situation,
  config: ReadConfig,
  field: (name: FieldName | null) => string,
  rest: Pick<Subject, 'override' | 'exceptions' | 'unapproved'>,
): readonly Subject[] {
  const results = rest.override?.results ?? NO_RESULTS
  const read = (
    { settings, invalid }: ReadConfig,
    at: Subject['field'],
    effectiveIn: readonly Reading[],
  ): Subject => ({
    ...situation,
    ...rest,
    effectiveIn,
    settings,
    invalid,
    network: findNetwork(
      settings.network,
      situation.declarations,
      situation.policy,
      situation.facts,
      situation.namespace,
    ),
    field: at,
  })
  // HCO applies no patch that is malformed, and goes on with the settings.
  if (results.size === 0) return [read(config, field, READINGS)]
  return [
    read(config, field, []),
    ...[...Map.groupBy(results, ([, result]) => result)].map(([result, same]) =>
      read(
        result,
        () => annotationPath(JSON_PATCH),
        same.map(([reading]) => reading),
      ),
    ),
  ]
}

const NO_RESULTS: Override['results'] = new Map()
