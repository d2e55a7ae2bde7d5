import { Server as NetServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'

/** Whether this replica is on its way out. */
export type Drain = {
  readonly started: boolean
  readonly start: () => void
  /** Makes every answer of a draining server ask the client to connect anew, and so elsewhere. */
  readonly closeConnections: (app: FastifyInstance) => void
}

/** The switch that readiness and both servers look at. */
export function createDrain(): Drain {
  let started = false
  return {
    get started() {
      return started
    },
    start: () => {
      started = true
    },
    closeConnections: app => {
      app.addHook('onSend', (_request, reply, payload, done) => {
        if (started) reply.header('connection', 'close')
        done(null, payload)
      })
    },
  }
}

// A client that has just connected gets this long to send its request.
const IDLE_MS = 500
const STEP_MS = 20

/**
 * Stops accepting connections and ends when every open one has been answered. `app.close()` alone resets a client whose
 * handshake is done and whose request is on the way: node:http closes what looks idle at once.
 */
export async function closeGently(app: FastifyInstance): Promise<void> {
  NetServer.prototype.close.call(app.server)
  const end = Date.now() + IDLE_MS
  while (Date.now() < end && (await openConnections(app)) > 0) await sleep(STEP_MS)
  await app.close()
}

function openConnections(app: FastifyInstance): Promise<number> {
  return new Promise(resolve => {
    app.server.getConnections((error, count) => resolve(error ? 0 : count))
  })
}
