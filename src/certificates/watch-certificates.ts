import { type FollowTiming, followDirectory } from '../files/follow-directory.ts'
import { type FollowOptions, PairFollower } from './pair-follower.ts'
import type { PairProblem, ServingPair } from './serving-certificate.ts'

/** What to follow and how often. */
export type WatchOptions = FollowOptions & FollowTiming

/** A running watch; `current` and `problem` are for readiness and metrics. */
export type CertificateWatch = {
  readonly current: ServingPair | undefined
  readonly problem: PairProblem | undefined
  readonly check: () => void
  readonly stop: () => void
}

/** Follows the certificate of a directory while it is replaced. */
export function watchCertificates(options: WatchOptions): CertificateWatch {
  const follower = new PairFollower(options)
  const { check, stop } = followDirectory(options.dir, () => follower.look(), options)
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
