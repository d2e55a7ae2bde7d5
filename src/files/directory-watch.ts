import { type FSWatcher, statSync, watch } from 'node:fs'

/** A watch on a directory that outlives the directory. */
export type DirectoryWatch = {
  /** Starts watching again if the directory is new; cheap otherwise. */
  readonly refresh: () => void
  readonly close: () => void
}

/** Calls `onChange` for events in a directory, which need not exist; for certainty, poll as well. */
export function watchDirectory(dir: string, onChange: () => void): DirectoryWatch {
  let watcher: FSWatcher | undefined
  let watched: string | undefined
  const close = () => {
    watcher?.close()
    watcher = undefined
    watched = undefined
  }
  const refresh = () => {
    const identity = identityOf(dir)
    if (watcher && identity === watched) return
    close()
    if (identity === undefined) return
    try {
      watcher = watch(dir, { persistent: false }, onChange).on('error', close)
      watched = identity
    } catch {
      // Gone between the two calls, or inotify instances are used up: polling goes on.
    }
  }
  return { refresh, close }
}

// A directory made anew often gets the inode number of the old one, whose inotify watch is dead; only
// the birth time differs.
function identityOf(dir: string): string | undefined {
  try {
    const { dev, ino, birthtimeNs } = statSync(dir, { bigint: true })
    return `${dev}:${ino}:${birthtimeNs}`
  } catch {
    return undefined
  }
}
