import type { Subject } from '../judging/subject.ts'
import type { Scope } from '../scope.ts'
import type { RuleId } from './rule-ids.ts'
import type { BareViolation } from './violation.ts'

/** A rule: one file in `rules/`, listed in the catalogue; docs and `explain` are generated from it. */
export type Rule = {
  readonly id: RuleId
  readonly title: string
  /** Enforcement where the policy says nothing. */
  readonly enforcement: 'deny' | 'warn'
  /** When it trips, as the docs say it. */
  readonly trips: string
  readonly rationale: string
  /** Where the rationale comes from. */
  readonly source: string
  readonly remedy: string
  /** False where no exception can excuse it. */
  readonly waivable: boolean
  /** The kinds on whose changes it runs. */
  readonly kinds: readonly Scope['kind'][]
  readonly check: (subject: Subject) => readonly BareViolation[]
}
