/** What kubectl prints of warnings. */
export function warnings(...texts: readonly string[]): string {
  return texts.map(text => `Warning: ${text}\n`).join('')
}

const BECAUSE: Readonly<Record<string, string>> = {
  bandwidthPerMigration: 'no limit, so that a busy guest can be outrun',
  completionTimeoutPerGiB: 'so that a migration that cannot finish is noticed in time',
  parallelOutboundMigrationsPerNode: 'so that one migration at a time has the link of a node',
  allowPostCopy: 'so that a migration that cannot finish otherwise does',
  allowWorkloadDisruption: 'because allowPostCopy does nothing without it',
}

/** The warning that something was filled instead of a stock value, or of nothing. */
export function filled(
  name: string,
  value: unknown,
  stock: unknown,
  source: 'assumed' | 'declared' = 'assumed',
): string {
  const keep =
    stock === undefined
      ? 'any value you write is kept'
      : `to keep ${stock}, add annotation migration-guard.io/pinned: ${name}`
  return `filled ${name}: ${JSON.stringify(value)}, ${BECAUSE[name]} (heavy workloads: ${source}); ${keep}`
}

export const SUGGESTS_POST_COPY =
  'allowPostCopy: true is the guidance for heavy workloads, but that they run here is only assumed; to have it filled, declare annotation migration-guard.io/workload-profile: heavy'

/** The refusal of 60 parallel migrations, as the server sends it. */
export function tooManyInParallel(what: string, heavy: string, fix: string, day: string): string {
  const bound = '"bound":{"parallelMigrationsPerCluster":60}'
  return `admission webhook "guard.migration-guard.io" denied the request: nothing was changed, for 1 reason:

[parallel-migrations-too-high] ${what} 60: at most 10 are allowed with heavy workloads (${heavy}). So many at once share the network: none keeps up with a busy guest, and all run into the timeout.
  fix: set parallelMigrationsPerCluster to 10 or less (guidance: 5)${fix}
  exception: someone who may approve it can add the annotation
    exception.migration-guard.io/parallel-migrations-too-high: '{"reason":"<reason>","expires":"${day}",${bound}}'
`
}

/** How to say that no heavy workload runs. */
export const DECLARE_STANDARD =
  '; if no heavy workload runs here, say so: annotation migration-guard.io/workload-profile: standard'

/** The day a week ahead, on which ready exceptions end; at midnight that may be one of two. */
export function inAWeek(text: string): string {
  const days = [0, -60_000].map(offset => new Date(Date.now() + offset + 7 * 86_400_000))
  const names = days.map(day => day.toISOString().slice(0, 10))
  return names.find(name => text.includes(name)) ?? String(names[0])
}
