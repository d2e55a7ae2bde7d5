import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { closeGently, type Drain } from './drain.ts'
import type { Log } from './log.ts'

/** What has to end, and in which order. */
export type ShutdownParts = {
  readonly admission: FastifyInstance
  readonly ops: FastifyInstance
  readonly drain: Drain
  /** Seconds to go on serving while the endpoints of the Service forget this replica. */
  readonly delaySeconds: number
  /** Writes what is pending and lets go of files and watches. */
  readonly release: () => Promise<void>
  readonly log: Log
}

/**
 * Ends without a request that nobody answers: first readiness fails and everything is still served, then nothing new is
 * accepted and what is open is answered, then the audit log is closed.
 */
export async function shutDown(parts: ShutdownParts): Promise<void> {
  const { admission, ops, drain, delaySeconds, release, log } = parts
  drain.start()
  if (delaySeconds > 0) {
    log.info(`shutting down: serving for another ${delaySeconds} s, then answering what is open`)
    await sleep(delaySeconds * 1000)
  } else log.info('shutting down: answering what is open')
  await closeGently(admission)
  await release()
  await ops.close()
  log.info('shut down: every review was answered and the audit log is closed')
}
