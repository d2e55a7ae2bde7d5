import { once } from 'node:events'
import { createServer, request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'

/** How SubjectAccessReviews fare. */
export type Mood = 'answers' | 'says nothing' | 'fails' | 'hangs up'

/** An API server whose authoriser can be in a mood; everything else goes through it as it is. */
export type UnwillingAuthoriser = { readonly url: string; be(mood: Mood): void }

/** Starts one in front of a control plane; it ends with the test. */
export async function startUnwillingAuthoriser(
  t: Test,
  { url, certificates: { ca, server: pair } }: ControlPlane,
): Promise<UnwillingAuthoriser> {
  let mood: Mood = 'answers'
  const server = createServer({ cert: pair.certificate, key: pair.key }, (incoming, outgoing) => {
    if (incoming.url?.startsWith(REVIEWS)) {
      if (mood === 'says nothing') return
      if (mood === 'hangs up') return incoming.destroy()
      if (mood === 'fails') return outgoing.writeHead(500).end('out of order')
    }
    const { method = 'GET', headers } = incoming
    const target = new URL(incoming.url ?? '/', url)
    const call = httpsRequest(target, { method, headers, ca: ca.certificate }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      // Else the first event of a quiet watch would be the first thing the client hears.
      outgoing.flushHeaders()
      answer.on('error', () => outgoing.destroy()).pipe(outgoing)
    })
    call.on('error', () => outgoing.destroy())
    outgoing.on('close', () => call.destroy())
    incoming.pipe(call)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const be = (wanted: Mood) => {
    mood = wanted
  }
  return { url: `https://localhost:${port}`, be }
}

const REVIEWS = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
