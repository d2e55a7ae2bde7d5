import { watchDirectory } from './directory-watch.ts'
import { type FollowOptions, PairFollower } from './pair-follower.ts'
import type { PairProblem, ServingPair } from './serving-certificate.ts'

/** What to follow and how often; `watch` exists for tests. */
export type WatchOptions = FollowOptions & {
  readonly pollMs?: number
  readonly debounceMs?: number
  readonly watch?: typeof watchDirectory
}

/** A running watch; `current` and `problem` are for readiness and metrics. */
export type CertificateWatch = {
  readonly current: ServingPair | undefined
  readonly problem: PairProblem | undefined
  readonly check: () => void
  readonly stop: () => void
}

/**
 * Follows the certificate of a directory as controller-runtime's certwatcher does, by events and by
 * polling: events are lost where a directory is replaced or lies on a network file system.
 */
export function watchCertificates(options: WatchOptions): CertificateWatch {
  const { dir, pollMs = 10_000, debounceMs = 100, watch = watchDirectory } = options
  const follower = new PairFollower(options)
  let debounce: NodeJS.Timeout | undefined
  let stopped = false
  const check = () => {
    if (stopped) return
    directory.refresh()
    follower.look()
  }
  // Two files change in a rotation: wait until the writer is through.
  const soon = () => {
    clearTimeout(debounce)
    if (!stopped) debounce = setTimeout(check, debounceMs).unref()
  }
  const directory = watch(dir, soon)
  const poll = setInterval(check, pollMs).unref()
  const stop = () => {
    stopped = true
    clearTimeout(debounce)
    clearInterval(poll)
    directory.close()
  }
  check()
  return {
    get current() {
      return follower.current
    },
    get problem() {
      return follower.problem
    },
    check,
    stop,
  }
}
