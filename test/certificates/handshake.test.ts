import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { SERVICE } from './support/issued.ts'
import { sharedCertificates } from './support/shared.ts'

const { first: old, renewed, other: next } = sharedCertificates()

const port = await serve(old.server)
const renewedPort = await serve(renewed.server)
const nextPort = await serve(next.server)

for (const servername of ['localhost', SERVICE, 'guard.virtualization.svc.cluster.local'])
  t.test(`a client that trusts the CA connects as ${servername}`, async t => {
    const socket = await handshake(port, { ca: old.ca.certificate, servername })
    t.ok(socket.authorized)
    t.equal(socket.getProtocol(), 'TLSv1.3')
    socket.destroy()
  })

for (const host of ['127.0.0.1', '::1'])
  t.test(`a client that trusts the CA connects to the address ${host}`, async t => {
    const socket = await handshake(port, { ca: old.ca.certificate, host })
    t.ok(socket.authorized)
    socket.destroy()
  })

t.test('TLS 1.2 works with key exchange by ECDHE and by RSA', async t => {
  for (const ciphers of ['ECDHE-RSA-AES128-GCM-SHA256', 'AES128-GCM-SHA256']) {
    const options = { ca: old.ca.certificate, maxVersion: 'TLSv1.2' as const, ciphers }
    const socket = await handshake(port, { ...options, servername: SERVICE })
    t.equal(socket.getCipher().name, ciphers)
    socket.destroy()
  }
})

t.test('a client that asks for another name refuses the certificate', async t => {
  const attempt = handshake(port, {
    ca: old.ca.certificate,
    servername: 'other.virtualization.svc',
  })
  await t.rejects(attempt, { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

t.test('a client that trusts another CA refuses the certificate', async t => {
  const attempt = handshake(port, { ca: next.ca.certificate, servername: SERVICE })
  await t.rejects(attempt, { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
})

t.test('after a renewal under the same CA the old caBundle still holds', async t => {
  const socket = await handshake(renewedPort, { ca: old.ca.certificate, servername: SERVICE })
  t.ok(socket.authorized)
  socket.destroy()
})

t.test(
  'a caBundle of the old and the new CA accepts the servers of both, in either order',
  async t => {
    const cas = [old.ca.certificate, next.ca.certificate]
    for (const ca of [cas.join(''), cas.reverse().join('')])
      for (const each of [port, nextPort]) {
        const socket = await handshake(each, { ca, servername: SERVICE })
        t.ok(socket.authorized)
        socket.destroy()
      }
  },
)

async function serve({ certificate, key }: { certificate: string; key: string }): Promise<number> {
  const server = createServer({ cert: certificate, key }).listen(0)
  t.teardown(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function handshake(port: number, options: object): Promise<TLSSocket> {
  const socket = connect({ port, host: 'localhost', ...options })
  await once(socket, 'secureConnect')
  return socket
}
