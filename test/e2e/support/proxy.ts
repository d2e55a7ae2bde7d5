import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'

/** The way from a guard to its API server, with somebody's hand on it. */
export type Proxy = {
  /** The administrator's kubeconfig that leads this way. */
  readonly kubeconfig: string
  /** From now on requests whose path holds the text get no answer until the function returned is called. */
  hold(text: string): () => void
  /** From now on every connection is refused, or no longer. */
  close(closed: boolean): void
  /** Breaks off whatever is under way; with `midEvent` in the middle of the next event of a watch. */
  cut(midEvent?: 'mid-event'): void
  /** Events that were broken off in their middle. */
  torn(): number
  /** The kinds of watches that were told that they cannot go on from where they were (410), one after the other. */
  gone(): readonly string[]
}

/** Starts a proxy in front of the API server that ends with the test. */
export async function startProxy(t: Test, plane: ControlPlane): Promise<Proxy> {
  const { certificate: cert, key } = plane.certificates.server
  const held = new Map<string, Promise<void>>()
  const streams = new Set<ServerResponse>()
  let [closed, tearing, torn] = [false, false, 0]
  const gone: string[] = []
  const relay = (answer: IncomingMessage, response: ServerResponse) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    // A watch is answered long before its first event.
    response.flushHeaders()
    answer.on('error', () => response.destroy())
    answer.on('end', () => response.end())
    answer.on('data', (chunk: Buffer) => {
      if (isWatch(response.req) && GONE.test(`${chunk}`)) gone.push(kindOf(response.req))
      if (!tearing || !isWatch(response.req)) return response.write(chunk)
      torn++
      tearing = false
      response.write(chunk.subarray(0, chunk.length / 2), () => response.destroy())
    })
  }
  const server = createServer({ cert, key }, async (request, response) => {
    streams.add(response)
    response.on('close', () => streams.delete(response))
    for (const [text, released] of held) if (request.url?.includes(text)) await released
    if (closed) return response.destroy()
    forward(plane, request, response, relay)
  })
  server.on('connection', socket => closed && socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.closeAllConnections())
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return {
    kubeconfig: kubeconfigVia(plane, port),
    hold: text => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held.set(text, promise)
      return () => {
        held.delete(text)
        resolve()
      }
    },
    close: wanted => {
      closed = wanted
    },
    cut: midEvent => {
      tearing = midEvent !== undefined
      if (tearing) return
      for (const stream of streams) stream.destroy()
    },
    torn: () => torn,
    gone: () => gone,
  }
}

// How a watch tells: an event of type ERROR, in an answer that is 200.
const GONE = /"type":"ERROR".*"code":410\b/

function kindOf({ url = '' }: IncomingMessage): string {
  return /([^/?]+)\?/.exec(url)?.[1] ?? ''
}

function isWatch({ url = '' }: IncomingMessage): boolean {
  return url.includes('watch=true')
}

function forward(
  { url, certificates }: ControlPlane,
  request: IncomingMessage,
  response: ServerResponse,
  relay: (answer: IncomingMessage, response: ServerResponse) => void,
): void {
  const { method, headers } = request
  const ca = certificates.ca.certificate
  const onward = httpsRequest(new URL(request.url ?? '/', url), {
    method,
    headers,
    ca,
    agent: false,
  })
  onward.on('response', answer => relay(answer, response))
  onward.on('error', () => response.destroy())
  response.on('close', () => onward.destroy())
  request.pipe(onward)
}

function kubeconfigVia({ dir, url, kubeconfig }: ControlPlane, port: number): string {
  const path = join(dir, `kubeconfig-via-${port}`)
  const text = readFileSync(kubeconfig, 'utf8').replaceAll(url, `https://localhost:${port}`)
  writeFileSync(path, text, { mode: 0o600 })
  return path
}
