import { setTimeout as sleep } from 'node:timers/promises'

const WAIT_MS = 30_000
const POLL_MS = 50

/** Tries until it is so, for half a minute, and gives back the last that was found. */
export async function poll<T>(look: () => T | Promise<T>, isSo: (found: T) => boolean): Promise<T> {
  const deadline = Date.now() + WAIT_MS
  for (;;) {
    const found = await look()
    if (isSo(found) || Date.now() > deadline) return found
    await sleep(POLL_MS)
  }
}
