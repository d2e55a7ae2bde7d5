import type { TLSSocket } from 'node:tls'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Answerer } from '../answer.ts'
import type { Drain } from '../lifecycle/drain.ts'
import { admissionRoutes } from './admission-routes.ts'
import { findClientProblem } from './client-certificate.ts'
import { type TlsMaterial, tlsOptions } from './tls-options.ts'

/** What the admission server is built of. */
export type ServerParts = {
  readonly answerer: Answerer
  readonly drain: Drain
  readonly tls: TlsMaterial
  /** Common name that the client's certificate must have; any of the client CA when absent. */
  readonly clientName?: string | undefined
  readonly answerWithin?: number | undefined
}

// kube-apiserver keeps idle connections for 90 s (client-go's transport; controller-runtime closes at 90 s too): a server
// that closes first answers a POST with a reset.
const KEEP_ALIVE_MS = 120_000
// A body that dribbles in holds a socket, not more; the webhooks have answered long before.
const REQUEST_MS = 10_000
// kube-apiserver opens one for each call that waits (client-go, HTTP/1.1): three API servers with 200 changes in flight each, their
// default, have room. Each costs 60 KiB before a byte of a body is counted, and thousands would take all memory of the pod.
export const MOST_CONNECTIONS = 640

/** Builds the admission server over TLS; it does not listen yet. */
export function createServer(parts: ServerParts): FastifyInstance {
  const { tls, clientName, drain } = parts
  const app = Fastify({
    https: {
      ...tlsOptions(tls),
      requestCert: tls.clientCa !== undefined,
      // Refused with a 401 that says why instead of a broken handshake.
      rejectUnauthorized: false,
      handshakeTimeout: REQUEST_MS,
      connectionsCheckingInterval: 2000,
    },
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_MS,
    // A late request on a connection that is still open is answered, not refused: 503 is a failed call to the API server.
    return503OnClosing: false,
    logger: false,
  }) as unknown as FastifyInstance
  app.server.maxConnections = MOST_CONNECTIONS
  if (tls.clientCa !== undefined) checkClients(app, clientName)
  drain.closeConnections(app)
  admissionRoutes(app, parts.answerer, parts.answerWithin)
  return app
}

/** Serves new handshakes with another pair; open connections stay. */
export function replaceCertificate(app: FastifyInstance, tls: TlsMaterial): void {
  const server = app.server as unknown as import('node:https').Server
  server.setSecureContext(tlsOptions(tls))
}

function checkClients(app: FastifyInstance, clientName: string | undefined): void {
  app.addHook('onRequest', async (request, reply) => {
    const problem = findClientProblem(request.raw.socket as TLSSocket, clientName)
    if (problem === undefined) return
    await reply.code(401).header('content-type', 'text/plain; charset=utf-8').send(`${problem}\n`)
  })
}
