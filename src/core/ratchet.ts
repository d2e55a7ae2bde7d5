import type { Violation } from './rule.ts'

/** The violations of the state before the request, ready to be compared with. */
export type Before = {
  readonly find: (violation: Violation) => Violation | undefined
  readonly wasHit: (violation: Violation, hit: string) => boolean
}

/** Indexes the violations of the old state. */
export function indexBefore(violations: readonly Violation[]): Before {
  const byKey = new Map(violations.map(violation => [keyOf(violation), violation]))
  const hits = new Set(
    violations.flatMap(violation => (violation.hits ?? []).map(hit => `${violation.rule} ${hit}`)),
  )
  return {
    find: violation => byKey.get(keyOf(violation)),
    wasHit: (violation, hit) => hits.has(`${violation.rule} ${hit}`),
  }
}

export function keyOf({ rule, identity }: Violation): string {
  return `${rule} ${identity}`
}

/**
 * True when a violation was not there before, or got worse.
 *
 * Each is compared with itself alone, so that mending one never pays for another.
 */
export function isIntroduced(violation: Violation, before: Before): boolean {
  if (violation.hits) return violation.hits.some(hit => !before.wasHit(violation, hit))
  const old = before.find(violation)
  if (!old) return true
  return (violation.severity ?? 0) > (old.severity ?? 0)
}

/** True when a violation of the old state is gone or milder in the new one. */
export function isImproved(old: Violation, after: Before): boolean {
  if (old.hits) return old.hits.some(hit => !after.wasHit(old, hit))
  const now = after.find(old)
  return !now || (now.severity ?? 0) < (old.severity ?? 0)
}
