import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Log } from '../log.ts'
import { closeGently, type Drain } from './drain.ts'
import { type Part, releaseAll } from './release.ts'

/** What has to end, and in which order. */
export type ShutdownParts = {
  readonly admission: FastifyInstance
  readonly ops: FastifyInstance
  readonly drain: Drain
  /** Seconds to go on serving while the endpoints of the Service forget this replica. */
  readonly delaySeconds: number
  /** Writes what is pending and lets go of files and watches, once nothing is judged any more. */
  readonly held: readonly Part[]
  readonly log: Log
}

/** Why it ends: asked to, or because of a fault of ours. */
export type Ending = 'asked' | 'fault'

/**
 * Ends without a request that nobody answers: first readiness fails and everything is still served, then nothing new is
 * accepted and what is open is answered, then the audit log is closed. After a fault nobody knows what is still right, so
 * nothing new is judged. Every part is let go of whatever fails; then it throws.
 */
export async function shutDown(parts: ShutdownParts, ending: Ending = 'asked'): Promise<void> {
  const { admission, ops, drain, delaySeconds, held, log } = parts
  drain.start()
  if (ending === 'asked' && delaySeconds > 0) {
    log.info(`shutting down: serving for another ${delaySeconds} s, then answering what is open`)
    await sleep(delaySeconds * 1000)
  } else log.info('shutting down: answering what is open')
  const failed = await releaseAll(
    [
      ['the port for reviews', () => closeGently(admission)],
      ...held,
      ['the port for probes', () => ops.close()],
    ],
    log,
  )
  if (failed.length > 0) throw new Error(`shut down, but not cleanly: ${failed.join(', ')}`)
  if (ending === 'asked')
    log.info('shut down: every review was answered and the audit log is closed')
  else log.warn('shut down after the fault: the audit log is closed')
}
