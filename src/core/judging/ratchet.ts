import { EVERY, selects } from '../facts/selection.ts'
import { isSparedLess } from '../facts/spare.ts'
import type { RuleId } from '../rules/rule-ids.ts'
import { keyOf, type Violation } from '../rules/violation.ts'

/** The violations of one state, ready for those of another to be compared with. */
export type ViolationIndex = {
  readonly find: (violation: Pick<Violation, 'rule' | 'identity'>) => Violation | undefined
  /** The same one, or those that hit something of what it hits. */
  readonly findAll: (violation: Violation) => readonly Violation[]
  readonly isHit: (violation: Violation, hit: string) => boolean
}

/** Indexes the violations of a state. */
export function indexViolations(violations: readonly Violation[]): ViolationIndex {
  const byKey = new Map(violations.map(violation => [keyOf(violation), violation]))
  const hits = new Map<RuleId, Map<string, Violation>>()
  for (const violation of violations) {
    const known = hits.get(violation.rule) ?? new Map()
    for (const hit of violation.hits ?? []) known.set(hit, violation)
    hits.set(violation.rule, known)
  }
  return {
    find: violation => byKey.get(keyOf(violation)),
    findAll: violation => {
      const same = byKey.get(keyOf(violation))
      const hitters = (violation.hits ?? []).flatMap(
        hit => hits.get(violation.rule)?.get(hit) ?? [],
      )
      return [...new Set([...(same ? [same] : []), ...hitters])]
    },
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
  const { rule, impliedBy } = violation
  if (impliedBy !== undefined && before.find({ rule, identity: impliedBy })) return false
  const old = before.find(violation)
  return old === undefined || isWorse(violation, old)
}

function isWorse(
  { severity = 0, labels = EVERY, spares = [] }: Violation,
  { severity: oldSeverity = 0, labels: oldLabels = EVERY, spares: oldSpares = [] }: Violation,
): boolean {
  if (severity > oldSeverity || !selects(oldLabels, labels)) return true
  return isSparedLess(labels, oldSpares, spares)
}

/** True when a violation of the old state is gone or milder in the new one. */
export function isImproved(old: Violation, after: ViolationIndex): boolean {
  if (old.hits) return old.hits.some(hit => !after.isHit(old, hit))
  const now = after.find(old)
  return !now || (isWorse(old, now) && !isWorse(now, old))
}
