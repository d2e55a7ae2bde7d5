import { indexViolations, isIntroduced, type ViolationIndex } from './ratchet.ts'
import { runRules } from './run-rules.ts'
import type { Subject } from './subject.ts'
import type { Violation } from './violation.ts'

/** The violations of a state, each measured against those of the state before. */
export type Comparison = {
  readonly violations: readonly Measured[]
  readonly oldViolations: readonly Violation[]
  /** The violations of the new state. */
  readonly after: ViolationIndex
}

export type Measured = {
  readonly violation: Violation
  /** The same one before. */
  readonly old: Violation | undefined
  /** True where it was not there before, or got worse. */
  readonly worse: boolean
}

/**
 * Compares two states. What takes effect is measured against what took effect before: settings that the jsonpatch annotation
 * overrode were no danger, so a violation among them does not excuse the same one once the patch is gone.
 */
export function compareStates(before: readonly Subject[], after: readonly Subject[]): Comparison {
  const old = runRules(before)
  const now = runRules(after)
  const all = indexViolations(old)
  const current = indexViolations(now)
  const inEffect = indexInEffect(after, current)
  const wasInEffect = indexInEffect(before, all)
  const measure = (violation: Violation): Measured => {
    const effective = inEffect.find(violation)
    return {
      violation,
      old: all.find(violation),
      worse:
        isIntroduced(violation, all) ||
        (effective !== undefined && isIntroduced(effective, wasInEffect)),
    }
  }
  return { violations: now.map(measure), oldViolations: old, after: current }
}

function indexInEffect(subjects: readonly Subject[], all: ViolationIndex): ViolationIndex {
  const some = subjects.filter(({ takesEffect }) => takesEffect)
  return some.length === subjects.length ? all : indexViolations(runRules(some))
}
