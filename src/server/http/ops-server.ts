import Fastify, { type FastifyInstance } from 'fastify'
import type { Drain } from '../lifecycle/drain.ts'
import { type Readiness, readinessJson, readinessText } from '../lifecycle/readiness.ts'

/** What the operations server shows. */
export type OpsParts = {
  readonly readiness: () => Readiness
  readonly scrape: () => Promise<{ readonly contentType: string; readonly text: string }>
  readonly drain: Drain
}

/** Builds the plain HTTP server for probes and metrics: kubelet and Prometheus hold no client certificate. */
export function createOpsServer({ readiness, scrape, drain }: OpsParts): FastifyInstance {
  const app = Fastify({ logger: false, requestTimeout: 10_000, return503OnClosing: false })
  drain.closeConnections(app)
  // Alive while the event loop turns: a restart cures nothing that readiness looks at.
  app.get('/livez', (_request, reply) => reply.type('text/plain').send('ok\n'))
  app.get<{ Querystring: { verbose?: string } }>('/readyz', ({ query }, reply) => {
    const state = readiness()
    reply.code(state.ready ? 200 : 503)
    if (query.verbose !== undefined) return reply.type('text/plain').send(readinessText(state))
    return reply.type('application/json').send(JSON.stringify(readinessJson(state), null, 2))
  })
  app.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await scrape()
    return reply.header('content-type', contentType).send(text)
  })
  app.setNotFoundHandler((_request, reply) =>
    reply
      .code(404)
      .type('text/plain')
      .send('nothing is here: try /livez, /readyz, /readyz?verbose, /metrics\n'),
  )
  return app
}
