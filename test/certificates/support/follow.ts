import { X509Certificate } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import type { IssuedCertificates } from '../../../certs/issue.ts'
import type { PairProblem, ServingPair } from '../../../src/certificates/serving-certificate.ts'
import {
  type WatchOptions,
  watchCertificates,
} from '../../../src/certificates/watch-certificates.ts'

const NEVER = 3_600_000

/** Hears no event: what happens is up to polling and `check`. */
export const deaf: NonNullable<WatchOptions['watch']> = () => ({ refresh() {}, close() {} })

/** The fingerprint by which a pair is recognised. */
export function fingerprint({ server }: IssuedCertificates): string {
  return new X509Certificate(server.certificate).fingerprint256
}

/** A watch that keeps what it was told; by default it learns of changes by events alone. */
export function follow(t: Test, dir: string, options: Partial<WatchOptions> = {}) {
  const pairs: ServingPair[] = []
  const problems: PairProblem[] = []
  const warnings: string[] = []
  const watch = watchCertificates({
    dir,
    onPair: pair => pairs.push(pair),
    onProblem: problem => problems.push(problem),
    onWarning: warning => warnings.push(warning),
    pollMs: NEVER,
    debounceMs: 20,
    ...options,
  })
  t.teardown(watch.stop)
  return { watch, pairs, problems, warnings }
}

/** Waits for a condition, five seconds at most. */
export async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 5000) throw new Error(`never came true: ${condition}`)
    await sleep(5)
  }
}
