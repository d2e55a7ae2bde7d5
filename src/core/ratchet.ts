import type { RuleId } from './rule-ids.ts'
import { selects } from './selection.ts'
import { isSparedBy } from './spare.ts'
import { keyOf, type Violation } from './violation.ts'

/** The violations of one state, ready for those of another to be compared with. */
export type ViolationIndex = {
  readonly find: (violation: Pick<Violation, 'rule' | 'identity'>) => Violation | undefined
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
  const { rule, impliedBy } = violation
  if (impliedBy !== undefined && before.find({ rule, identity: impliedBy })) return false
  const old = before.find(violation)
  return old === undefined || isWorse(violation, old)
}

function isWorse(
  { severity = 0, labels = [], spares = [] }: Violation,
  { severity: oldSeverity = 0, labels: oldLabels = [], spares: oldSpares = [] }: Violation,
): boolean {
  if (severity > oldSeverity || !selects(oldLabels, labels)) return true
  return oldSpares.some(lost => !spares.some(spare => isSparedBy(lost, spare)))
}

/** True when a violation of the old state is gone or milder in the new one. */
export function isImproved(old: Violation, after: ViolationIndex): boolean {
  if (old.hits) return old.hits.some(hit => !after.isHit(old, hit))
  const now = after.find(old)
  return !now || (now.severity ?? 0) < (old.severity ?? 0)
}
