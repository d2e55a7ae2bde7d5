import { watchDirectory } from './directory-watch.ts'

/** How often to look, and how long after a notification; `watch` exists for tests. */
export type FollowTiming = {
  readonly pollMs?: number
  readonly debounceMs?: number
  readonly watch?: typeof watchDirectory
}

/** A running look-out. */
export type Following = {
  /** Looks now. */
  readonly check: () => void
  /** Ends it; nothing is looked at afterwards. */
  readonly stop: () => void
}

/**
 * Calls `look` whenever files of a directory may have changed, by events and by polling, as controller-runtime's certwatcher
 * does: events are lost where a directory is replaced or lies on a network file system. It watches the directory and not a
 * file, because kubelet swaps the `..data` link beside it (kubernetes pkg/volume/util/atomic_writer.go), and editors put a
 * new file in its place.
 */
export function followDirectory(
  dir: string,
  look: () => void,
  { pollMs = 10_000, debounceMs = 100, watch = watchDirectory }: FollowTiming = {},
): Following {
  let debounce: NodeJS.Timeout | undefined
  let stopped = false
  const check = () => {
    if (stopped) return
    directory.refresh()
    look()
  }
  // Several files change together: wait until the writer is through.
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
  return { check, stop }
}
