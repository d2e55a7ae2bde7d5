import { type FSWatcher, watch } from 'node:fs'
import path from 'node:path'
import { emitWarning } from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LoadedPolicy, loadPolicy, type RejectedPolicy } from './load.ts'
import type { PolicyProblem } from './policy-problem.ts'

export type PolicyWatchOptions = {
  /** Hash of the policy in force, so that it is not announced again. */
  readonly hash?: string
  /** Called for every content that is valid, also for the old one that comes back after a bad one. */
  readonly onPolicy: (loaded: LoadedPolicy) => void | Promise<void>
  /** Called once for every content that is not; the policy last announced stays in force. */
  readonly onProblem: (problems: readonly PolicyProblem[]) => void
  /** For file systems without notifications. */
  readonly pollMs?: number
  /** A new content counts when it is still the same after this time. */
  readonly settleMs?: number
}

export type PolicyWatch = {
  /** Reads the file now; resolves when what it found has been announced. */
  readonly check: () => Promise<void>
  /** Ends the watch; nothing is announced afterwards. */
  readonly stop: () => void
}

// A file that never stops changing is read at its latest.
const MOST_READINGS = 20

/**
 * Announces every change of a policy file. It watches the folder, not the file: kubelet swaps the `..data` link beside it
 * (kubernetes pkg/volume/util/atomic_writer.go), and editors put a new file in its place. The content decides, never a
 * time stamp.
 */
export function watchPolicy(file: string, options: PolicyWatchOptions): PolicyWatch {
  const { onPolicy, onProblem, pollMs = 10_000, settleMs = 100 } = options
  let seen = options.hash
  let failed: string | undefined
  let stopped = false
  let queued = false
  let pending: Promise<void> = Promise.resolve()
  let watcher: FSWatcher | undefined

  // The beginning of a policy can be a valid policy, with fewer rules: a half-written file must not come into force.
  async function readSettled(): Promise<LoadedPolicy | RejectedPolicy> {
    let latest = await loadPolicy(file)
    for (let reading = 1; reading < MOST_READINGS && keyOf(latest) !== seen; reading++) {
      await sleep(settleMs)
      const again = await loadPolicy(file)
      if (stopped || keyOf(again) === keyOf(latest)) break
      latest = again
    }
    return latest
  }

  async function look(): Promise<void> {
    queued = false
    if (stopped) return
    const loaded = await readSettled()
    const key = keyOf(loaded)
    if (stopped || key === seen) return
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
  function check(): Promise<void> {
    if (!queued) {
      queued = true
      pending = pending.then(look).catch(emitWarning)
    }
    return pending
  }

  // Opened anew at each poll: a folder that was deleted and made again is otherwise watched where it no longer is.
  function watchFolder(): void {
    watcher?.close()
    try {
      const opened = watch(path.dirname(file), { persistent: false }, () => void check())
      opened.on('error', () => opened.close())
      watcher = opened
    } catch {
      // No such folder now, or no more notifications to be had (inotify limits): the poll goes on.
      watcher = undefined
    }
  }

  function poll(): void {
    watchFolder()
    void check()
  }

  watchFolder()
  const timer = setInterval(poll, pollMs).unref()
  return {
    check,
    stop() {
      stopped = true
      clearInterval(timer)
      watcher?.close()
    },
  }
}

function keyOf(loaded: LoadedPolicy | RejectedPolicy): string {
  return 'problems' in loaded ? JSON.stringify(loaded.problems) : loaded.hash
}

function failure(error: unknown): PolicyProblem {
  const reason = error instanceof Error ? error.message : String(error)
  return { line: 0, column: 0, path: '', message: `was read but could not be applied: ${reason}` }
}
