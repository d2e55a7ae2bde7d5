import { setTimeout as sleep } from 'node:timers/promises'
import type { Timing } from '../../../src/cluster/timing.ts'

/** Timing for tests: everything as in a cluster, only sooner. */
export const HURRY: Partial<Timing> = {
  pageSize: 3,
  listSilenceMs: 2000,
  watchAnswerMs: 2000,
  watchSilenceMs: 5000,
  retryBaseMs: 10,
  retryMaxMs: 100,
  healthyMs: 50,
  missingConfirmMs: 40,
  missingRetryMs: 60,
}

/** Waits until something has become true; what never does is the test's failure. */
export async function until(condition: () => boolean, what = String(condition)): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5000) throw new Error(`never came true: ${what}`)
    await sleep(5)
  }
}
