/** How long things take with an API server; tests are in more of a hurry. */
export type Timing = {
  readonly pageSize: number
  /** A page that says nothing for so long has failed; one of 500 objects takes the server milliseconds. */
  readonly listSilenceMs: number
  /** A watch is answered at once, long before its first event. */
  readonly watchAnswerMs: number
  readonly watchSilenceMs: number
  /** Shortest and longest time that a watch is asked for. */
  readonly watchSeconds: readonly [number, number]
  readonly retryBaseMs: number
  readonly retryMaxMs: number
  /** A watch that lived so long was a good one: the next failure is a first one again. */
  readonly healthyMs: number
  /** How long after a first 404 a kind that was there is asked for again before its objects are given up. */
  readonly missingConfirmMs: number
  /** How often a kind that is not installed is looked for. */
  readonly missingRetryMs: number
  /** From 0 up to 1. */
  readonly random: () => number
  readonly now: () => number
}

/** What holds in a cluster. */
export const TIMING: Timing = {
  pageSize: 500,
  listSilenceMs: 30_000,
  watchAnswerMs: 15_000,
  // A bookmark comes every minute where there is anything to tell (k8s.io/apiserver pkg/storage/cacher,
  // defaultBookmarkFrequency).
  watchSilenceMs: 90_000,
  // As client-go (tools/cache/reflector.go, minWatchTimeout): not all watches of a cluster begin anew together.
  watchSeconds: [300, 600],
  retryBaseMs: 250,
  retryMaxMs: 30_000,
  healthyMs: 10_000,
  missingConfirmMs: 2000,
  missingRetryMs: 30_000,
  random: Math.random,
  now: Date.now,
}
