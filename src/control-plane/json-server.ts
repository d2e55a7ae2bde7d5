import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { IssuedCertificates } from '../../certs/issue.ts'

/** A small HTTPS server for webhooks that answer JSON with JSON. */
export type JsonServer = { readonly url: string; close(): Promise<void> }

/** Serves on a free port of 127.0.0.1; what `answer` throws becomes a 500 that names it. */
export async function serveJson(
  { server: { certificate, key } }: IssuedCertificates,
  answer: (body: unknown, path: string) => unknown,
): Promise<JsonServer> {
  const server = createServer({ cert: certificate, key }, async (request, response) => {
    try {
      // The API server adds its time limit as a query.
      const { pathname } = new URL(request.url ?? '/', 'https://localhost')
      const text = JSON.stringify(await answer(await json(request), pathname))
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    } catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
  return { url: `https://localhost:${port}`, close }
}
