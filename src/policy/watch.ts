import path from 'node:path'
import { emitWarning } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FollowTiming, followDirectory } from '../files/follow-directory.ts'
import {
  type LoadedPolicy,
  type PolicyText,
  parsePolicy,
  type RejectedPolicy,
  readPolicy,
} from './load.ts'
import type { PolicyProblem } from './policy-problem.ts'

export type PolicyWatchOptions = Pick<FollowTiming, 'pollMs'> & {
  /** Hash of the policy in force, so that it is not announced again. */
  readonly hash?: string
  /** Called for every content that is valid, also for the old one that comes back after a bad one. */
  readonly onPolicy: (loaded: LoadedPolicy) => void | Promise<void>
  /** Called once for every content that is not; the policy last announced stays in force. */
  readonly onProblem: (problems: readonly PolicyProblem[]) => void
  /** A new content counts when it is still the same after this time. */
  readonly settleMs?: number
  readonly parse?: typeof parsePolicy
}

export type PolicyWatch = {
  /** Reads the file now; resolves when what it found has been announced. */
  readonly check: () => Promise<void>
  /** Ends the watch; nothing is announced afterwards. */
  readonly stop: () => void
}

// A file that never stops changing is read at its latest.
const MOST_READINGS = 20

/** Announces every change of a policy file. The content decides, never a time stamp, and only a new content is parsed. */
export function watchPolicy(file: string, options: PolicyWatchOptions): PolicyWatch {
  const { onPolicy, onProblem, pollMs = 10_000, settleMs = 100, parse = parsePolicy } = options
  let seen = options.hash
  let failed: string | undefined
  let stopped = false
  let queued = false
  let pending: Promise<void> = Promise.resolve()

  // The beginning of a policy can be a valid policy, with fewer rules: a half-written file must not come into force.
  async function readSettled(): Promise<PolicyText | RejectedPolicy> {
    let latest = await readPolicy(file)
    for (let reading = 1; reading < MOST_READINGS && keyOf(latest) !== seen; reading++) {
      await sleep(settleMs)
      const again = await readPolicy(file)
      if (stopped || keyOf(again) === keyOf(latest)) break
      latest = again
    }
    return latest
  }

  async function look(): Promise<void> {
    queued = false
    if (stopped) return
    const read = await readSettled()
    const key = keyOf(read)
    if (stopped || key === seen) return
    const loaded = 'problems' in read ? read : parse(read.text, read.source)
    if ('problems' in loaded) {
      seen = key
      return onProblem(loaded.problems)
    }
    try {
      await onPolicy(loaded)
      seen = key
    } catch (error) {
      // Tried again at each poll, since the cause (a full audit disk, say) may pass; said once.
      if (failed !== key) onProblem([failure(error)])
      failed = key
    }
  }

  // One look after the other, so that an older content is never announced after a newer one; a burst of
  // notifications is one more look.
  function enqueue(): void {
    if (queued) return
    queued = true
    pending = pending.then(look).catch(emitWarning)
  }

  // No time to wait before a look: it waits itself until the content has settled.
  const following = followDirectory(path.dirname(file), enqueue, { pollMs, debounceMs: 0 })
  return {
    check: () => {
      following.check()
      return pending
    },
    stop: () => {
      stopped = true
      following.stop()
    },
  }
}

function keyOf(read: PolicyText | RejectedPolicy): string {
  return 'problems' in read ? JSON.stringify(read.problems) : read.hash
}

function failure(error: unknown): PolicyProblem {
  const reason = error instanceof Error ? error.message : String(error)
  return { line: 0, column: 0, path: '', message: `was read but could not be applied: ${reason}` }
}
