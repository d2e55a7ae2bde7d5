import { READINGS, type Reading } from '../json-patch/override.ts'
import type { Violation } from '../rules/violation.ts'
import { indexViolations, isIntroduced, type ViolationIndex } from './ratchet.ts'
import { runRules } from './run-rules.ts'
import type { Subject } from './subject.ts'

/** The violations of a state, each measured against those of the state before. */
export type Comparison = {
  readonly violations: readonly Measured[]
  readonly oldViolations: readonly Violation[]
  /** The violations of the new state. */
  readonly after: ViolationIndex
}

export type Measured = {
  readonly violation: Violation
  /** The same one before, and those that hit what it hits. */
  readonly olds: readonly Violation[]
  /** True where it was not there before, or got worse. */
  readonly worse: boolean
}

/**
 * Compares two states. What takes effect is measured against what took effect before, reading by reading: settings that the
 * jsonpatch annotation overrode were no danger, so a violation among them does not excuse the same one once the patch is
 * gone; nor does one that only another reader of the patch would have seen.
 */
export function compareStates(before: readonly Subject[], after: readonly Subject[]): Comparison {
  const old = runRules(before)
  const now = runRules(after)
  const all = indexViolations(old)
  const readings = inEffect(before, after)
  const measure = (violation: Violation): Measured => ({
    violation,
    olds: all.findAll(violation),
    worse:
      isIntroduced(violation, all) ||
      readings.some(({ was, is }) => {
        const effective = is.find(violation)
        return effective !== undefined && isIntroduced(effective, was)
      }),
  })
  return { violations: now.map(measure), oldViolations: old, after: indexViolations(now) }
}

type Reread = { readonly was: ViolationIndex; readonly is: ViolationIndex }

// Without a patch on either side, every reading sees what stands in the settings, and nothing is left to compare.
function inEffect(before: readonly Subject[], after: readonly Subject[]): readonly Reread[] {
  if (before.length <= 1 && after.length <= 1) return []
  const indexOf = (subjects: readonly Subject[], reading: Reading) =>
    indexViolations(runRules(subjects.filter(each => each.effectiveIn.includes(reading))))
  return READINGS.map(reading => ({
    was: indexOf(before, reading),
    is: indexOf(after, reading),
  }))
}
