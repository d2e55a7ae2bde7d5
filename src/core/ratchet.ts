import type { RuleId } from './rule-ids.ts'
import { keyOf, type Violation } from './violation.ts'

/** The violations of one state, ready for those of another to be compared with. */
export type ViolationIndex = {
  readonly find: (violation: Violation) => Violation | undefined
  readonly isHit: (violation: Violation, hit: string) => boolean
}

/** Indexes the violations of a state. */
export function indexViolations(violations: readonly Violation[]): ViolationIndex {
  const byKey = new Map(violations.map(violation => [keyOf(violation), violation]))
  const hits = new Map<RuleId, Set<string>>()
  for (const { rule, hits: some = [] } of violations) {
    const known = hits.get(rule) ?? new Set()
    for (const hit of some) known.add(hit)
    hits.set(rule, known)
  }
  return {
    find: violation => byKey.get(keyOf(violation)),
    isHit: ({ rule }, hit) => hits.get(rule)?.has(hit) ?? false,
  }
}

/**
 * True when a violation was not there before, or got worse.
 *
 * Each is compared with itself alone, so that mending one never pays for another.
 */
export function isIntroduced(violation: Violation, before: ViolationIndex): boolean {
  if (violation.hits) return violation.hits.some(hit => !before.isHit(violation, hit))
  const old = before.find(violation)
  if (!old) return true
  return (violation.severity ?? 0) > (old.severity ?? 0)
}

/** True when a violation of the old state is gone or milder in the new one. */
export function isImproved(old: Violation, after: ViolationIndex): boolean {
  if (old.hits) return old.hits.some(hit => !after.isHit(old, hit))
  const now = after.find(old)
  return !now || (now.severity ?? 0) < (old.severity ?? 0)
}
