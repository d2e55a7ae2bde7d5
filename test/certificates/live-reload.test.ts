import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { writeCertificates } from '../../certs/write.ts'
import { loadPair, type ServingPair } from '../../src/certificates/serving-certificate.ts'
import { fingerprint, follow, until } from './support/follow.ts'
import { put } from './support/issued.ts'
import { sharedCertificates } from './support/shared.ts'

// Given again at each swap: `setSecureContext` resets what is left out.
const contextOf = ({ cert, key }: ServingPair) => ({ cert, key, minVersion: 'TLSv1.3' }) as const

const { first, renewed: second } = sharedCertificates()

t.test(
  'a live server shows the new certificate to new connections and keeps the old ones',
  async t => {
    const dir = put(t.testdir(), first)
    const { pair } = loadPair(dir)
    if (pair === null) throw new Error('no pair')
    const server = createServer(contextOf(pair), (_, response) => response.end())
    await once(server.listen(0), 'listening')
    const { port } = server.address() as AddressInfo
    const keeping = new Agent({ keepAlive: true, ca: first.ca.certificate })
    t.teardown(() => {
      keeping.destroy()
      server.close()
    })
    const swapped: ServingPair[] = []
    const { problems } = follow(t, dir, {
      current: pair,
      onPair(next) {
        server.setSecureContext(contextOf(next))
        swapped.push(next)
      },
    })

    t.same(await ask(port, keeping), { shown: fingerprint(first), reused: false })
    writeFileSync(join(dir, 'tls.key'), second.server.key)
    await until(() => problems.length > 0)
    t.same(
      await askAnew(port),
      { shown: fingerprint(first), reused: false },
      'a bad pair changes nothing',
    )
    writeCertificates({ dir, issued: second, force: true })
    await until(() => swapped.length > 0)
    t.same(await ask(port, keeping), { shown: fingerprint(first), reused: true })
    t.same(await askAnew(port), { shown: fingerprint(second), reused: false })
    const old = connect({ port, ca: first.ca.certificate, maxVersion: 'TLSv1.2' })
    await t.rejects(
      once(old, 'secureConnect'),
      { message: /protocol version/ },
      'the minimum version stays',
    )
  },
)

async function ask(port: number, agent: Agent) {
  const sent = request({ port, agent, host: 'localhost' }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const shown = (sent.socket as TLSSocket).getPeerCertificate().fingerprint256
  response.resume()
  await once(response, 'end')
  return { shown, reused: sent.reusedSocket }
}

function askAnew(port: number) {
  return ask(port, new Agent({ keepAlive: false, ca: first.ca.certificate }))
}
