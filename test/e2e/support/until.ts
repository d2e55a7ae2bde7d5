import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 20

/** Asks again and again until the answer is yes, and returns how long that took; throws with `what` after `withinMs`. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  withinMs = 20_000,
): Promise<number> {
  const start = performance.now()
  while (!(await holds())) {
    if (performance.now() - start > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`)
    await sleep(POLL_MS)
  }
  return Math.round(performance.now() - start)
}
