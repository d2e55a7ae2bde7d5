// A service manager (systemd, KillMode=control-group), coreutils' timeout, npm and bin/migration-guard.js under an old Node
// pass on a signal that the whole process group had already: both arrive within milliseconds. Nobody means it twice so soon.
const SAME_MS = 1000

/** Calls at each signal that asks to end; the same one again within a second is one with it. */
export function onEndSignal(listener: (name: string) => void): void {
  let last = { name: '', at: 0 }
  for (const name of END_SIGNALS)
    process.on(name, () => {
      const at = performance.now()
      if (name === last.name && at - last.at < SAME_MS) return
      last = { name, at }
      listener(name)
    })
}

/** The signals by which a terminal, a shell or a service manager asks to end. */
export const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Aborts at the first of them; a second one ends the process at once, and the keeper clears up after it. */
export function signalOfTheTerminal(): AbortSignal {
  const stop = new AbortController()
  onEndSignal(() => (stop.signal.aborted ? process.exit(130) : stop.abort()))
  return stop.signal
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(done => {
    if (signal.aborted) done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
}
