import type { Labels } from '../facts/selection.ts'
import type { Spare } from '../facts/spare.ts'
import type { FieldName } from '../settings/live-migration-config.ts'
import type { RuleId } from './rule-ids.ts'

/**
 * The values an exception must name to cover a violation later than in the request that adds it: the highest number by
 * field, the exact network, or the MigrationPolicy.
 */
export type Bound = Readonly<Record<string, number | string>>

/** One thing wrong with the settings, as a rule reports it; `runRules` adds the id of the rule. */
export type BareViolation = {
  /** Path of the setting or annotation to change, in the API version of the request. */
  readonly field: string
  /** The setting that the value is of, where there is one. */
  readonly setting?: FieldName | null
  readonly value: unknown
  /** What is wrong, as a sentence that follows "path is value:". */
  readonly message: string
  /** What would happen, as a sentence of its own. */
  readonly consequence: string
  /** What to write instead. */
  readonly fix: string
  /** The same before and after a request that did not touch the cause. */
  readonly identity: string
  /** Grows as it gets worse; kept violations may keep or lower it. */
  readonly severity?: number
  /** Ids of what it hits; one that was not hit before makes it worse. */
  readonly hits?: readonly string[]
  /** What VMs must have for it to concern them; fewer labels than before are worse. */
  readonly labels?: Labels
  /** What keeps it from some of these VMs all the same; less than before is worse. */
  readonly spares?: readonly Spare[]
  /** Identity of a violation of the same rule that concerns these VMs anyway: where that one stood before, this is not new. */
  readonly impliedBy?: string
  /** The MigrationPolicy that causes it by itself, whatever the cluster settings say of post copy. */
  readonly cause?: string
  /** What an exception for the cluster settings must admit, all of it, where it goes off with them: that one covers it as well. */
  readonly coveredWith?: readonly Bound[]
  /** null: cannot be granted ahead, only by the request that adds the exception. */
  readonly bound: Bound | null
  /** `warn`: never refused, whatever the policy says. */
  readonly atMost?: 'warn'
}

/** A violation and its rule. All violations of a request are reported together. */
export type Violation = BareViolation & {
  readonly rule: RuleId
  /** The bounds of the same violation in other readings of the settings. */
  readonly otherBounds?: readonly BareViolation['bound'][]
}

/** All that an exception must name: what takes effect may be any reading of the settings. */
export function boundsOf({
  bound,
  otherBounds = [],
}: Pick<Violation, 'bound' | 'otherBounds'>): readonly BareViolation['bound'][] {
  return [bound, ...otherBounds]
}

/** What makes two violations the same one, before and after a request. */
export function keyOf({ rule, identity }: Pick<Violation, 'rule' | 'identity'>): string {
  return `${rule} ${identity}`
}
