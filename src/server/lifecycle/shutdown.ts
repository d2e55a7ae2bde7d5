import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { Log } from '../log.ts'
import type { Drain } from './drain.ts'
import { type Part, releaseAll } from './release.ts'

/** What has to end. */
export type ShutdownParts = {
  /** In the order in which they were opened, the port for reviews last. */
  readonly opened: readonly Part[]
  readonly ops: FastifyInstance
  readonly drain: Drain
  /** Seconds to go on serving while the endpoints of the Service forget this replica. */
  readonly delaySeconds: number
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
  const { opened, ops, drain, delaySeconds, log } = parts
  drain.start()
  if (ending === 'asked' && delaySeconds > 0) {
    log.info(`shutting down: serving for another ${delaySeconds} s, then answering what is open`)
    await sleep(delaySeconds * 1000)
  } else log.info('shutting down: answering what is open')
  // Whoever probes is answered to the end: while the disk takes its time, too.
  const probes: Part = ['the port for probes', () => ops.close()]
  const failed = await releaseAll([probes, ...opened], log)
  if (failed.length > 0) throw new Error(`shut down, but not cleanly: ${failed.join(', ')}`)
  if (ending === 'asked')
    log.info('shut down: every review was answered and the audit log is closed')
  else log.warn('shut down after the fault: the audit log is closed')
}
