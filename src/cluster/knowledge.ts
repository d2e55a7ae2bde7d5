import type { ReflectorStatus } from './reflector.ts'

/** True where everything of a kind is known, were it that there is none. */
export function isKnown({ synced, missing }: ReflectorStatus): boolean {
  return synced || missing
}

/** The time up to which every kind is known: the oldest of the last signs of life; null before all gave one. */
export function knownUntil(status: readonly ReflectorStatus[]): number | null {
  let oldest = Number.POSITIVE_INFINITY
  for (const { lastEvent } of status) oldest = Math.min(oldest, lastEvent ?? 0)
  return oldest === 0 ? null : oldest
}

/** What is known, what is awaited and what cannot be followed, in one line. */
export function describeKnowledge(status: readonly ReflectorStatus[], now: number): string {
  const awaited = status.filter(kind => !isKnown(kind))
  if (awaited.length > 0) return `waiting for ${withProblems(awaited)}`
  const missing = status.filter(kind => kind.missing).map(({ kind }) => kind)
  const failing = status.filter(({ problem }) => problem !== null)
  const age = Math.round((now - (knownUntil(status) ?? now)) / 1000)
  return [
    `the cluster is known as of ${age} s ago`,
    ...(missing.length > 0 ? [`not installed: ${missing.join(', ')}`] : []),
    ...(failing.length > 0 ? [`not followed: ${withProblems(failing)}`] : []),
  ].join('; ')
}

// A server that is away is the problem of every kind; it is told once.
function withProblems(status: readonly ReflectorStatus[]): string {
  const groups = Map.groupBy(status, ({ problem }) => problem)
  return [...groups]
    .map(([problem, group]) => {
      const kinds = group.map(({ kind }) => kind).join(', ')
      return problem === null ? kinds : `${kinds} (${problem})`
    })
    .join('; ')
}
