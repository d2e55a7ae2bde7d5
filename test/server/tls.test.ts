import { rmSync, writeFileSync } from 'node:fs'
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { put } from '../certificates/support/issued.ts'
import { sharedCertificates } from '../certificates/support/shared.ts'
import { ask, keepAlive } from './support/ask.ts'
import { clientCertificate } from './support/client-certificate.ts'
import { CA, serve, tlsDir } from './support/guard.ts'
import { recordsIn } from './support/records.ts'
import { responseIn } from './support/response.ts'
import { UID, updateReview } from './support/review.ts'
import { until } from './support/until.ts'

const { other } = sharedCertificates()
const body = updateReview({}, { parallelMigrationsPerCluster: 6 })
const path = '/validate'

function handshake(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: CA, ...options }, () => resolve(socket))
    socket.on('error', reject)
  })
}

t.test('TLS 1.2 and 1.3 are spoken with AEAD ciphers, nothing older or weaker', async t => {
  const { port } = await serve(t)
  const spoken: readonly ConnectionOptions[] = [
    { minVersion: 'TLSv1.3' },
    { maxVersion: 'TLSv1.2' },
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES256-GCM-SHA384' },
  ]
  for (const options of spoken) {
    const socket = await handshake(port, options)
    t.match(socket.getCipher().name, /GCM|CHACHA20/)
    t.equal(socket.alpnProtocol || 'http/1.1', 'http/1.1')
    socket.destroy()
  }
  const refused: readonly ConnectionOptions[] = [
    // Level 0, because OpenSSL would not even offer these otherwise.
    { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' },
    { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' },
    { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' },
    { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' },
  ]
  for (const options of refused) await t.rejects(handshake(port, options), /alert|handshake/)
})

t.test('a new certificate is served live, and what was set stays set', async t => {
  const { port, dir, stderr } = await serve(t)
  const agent = keepAlive(1)
  t.teardown(() => agent.destroy())
  t.equal((await ask(port, CA, { path, body, agent })).status, 200)
  put(dir, other)
  await until(() => stderr().includes('a new certificate is served'))
  await t.rejects(ask(port, CA, { path, body }), 'the old CA no longer vouches for it')
  t.equal((await ask(port, other.ca.certificate, { path, body })).status, 200)
  t.equal((await ask(port, CA, { path, body, agent })).status, 200, 'open connections stay')
  const old = { ca: other.ca.certificate, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' } as const
  await t.rejects(handshake(port, { ...old, ciphers: 'ALL:@SECLEVEL=0' }))
})

t.test('half a pair is not served', async t => {
  const { port, opsPort, dir, stderr } = await serve(t)
  writeFileSync(`${dir}/tls.key`, other.server.key)
  await until(() => stderr().includes('the certificate stays as it was'))
  t.equal((await ask(port, CA, { path, body })).status, 200)
  const state = await (await fetch(`http://127.0.0.1:${opsPort}/readyz?verbose`)).text()
  t.match(state, /\[!\]certificate degraded: .*does not belong to the certificate/)
  t.match(state, /check passed/)
})

t.test('with --client-ca only a client with the right certificate is answered', async t => {
  const dir = tlsDir(t)
  const api = clientCertificate('kube-apiserver')
  writeFileSync(`${dir}/client-ca.crt`, api.ca)
  const options = { clientCa: `${dir}/client-ca.crt`, clientCn: 'kube-apiserver' }
  const { port, opsPort, auditFile } = await serve(t, options, dir)
  const { cert, key } = api
  t.match(responseIn((await ask(port, CA, { path, body, cert, key })).text), { uid: UID })
  const [decision] = recordsIn(auditFile).filter(({ type }) => type === 'decision')
  t.equal(decision?.peer, 'kube-apiserver')

  const others = [
    [{}, /certificate is required/],
    [clientCertificate('kube-apiserver'), /not accepted/],
    [api.another('somebody-else'), /common name/],
  ] as const
  for (const [{ cert, key }, says] of others as readonly (readonly [
    { cert?: string; key?: string },
    RegExp,
  ])[]) {
    const shown = cert === undefined || key === undefined ? {} : { cert, key }
    const reply = await ask(port, CA, { path, body, ...shown })
    t.equal(reply.status, 401)
    t.match(reply.text, says)
  }
  t.equal((await fetch(`http://127.0.0.1:${opsPort}/livez`)).status, 200, 'probes need none')
})

t.test(
  'the client CA is followed while it is replaced, and a broken one changes nothing',
  async t => {
    const dir = tlsDir(t)
    const old = clientCertificate('kube-apiserver', 'CA of last year')
    const next = clientCertificate('kube-apiserver', 'CA of this year')
    const file = `${dir}/client-ca.crt`
    writeFileSync(file, old.ca)
    const { port, opsPort, stderr } = await serve(t, { clientCa: file }, dir)
    const status = async ({ cert, key }: { cert: string; key: string }) =>
      (await ask(port, CA, { path, body, cert, key })).status
    const ready = async () => (await fetch(`http://127.0.0.1:${opsPort}/readyz?verbose`)).text()
    const metric = async (result: string) => {
      const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
      const name = `migration_guard_client_ca_reloads_total{result="${result}"} `
      return text
        .split('\n')
        .find(line => line.startsWith(name))
        ?.slice(name.length)
    }
    t.same([await status(old), await status(next)], [200, 401])
    t.match(await ready(), /\[\+\]client-ca ok/)

    writeFileSync(file, next.ca)
    await until(async () => (await status(next)) === 200)
    t.equal(await status(old), 401)
    t.equal(await metric('success'), '1')

    for (const [broken, says] of [
      ['', 'holds no certificate'],
      [next.ca.slice(0, -60), 'is cut off in certificate 1'],
      [null, 'there is no such file'],
    ] as const) {
      if (broken === null) rmSync(file)
      else writeFileSync(file, broken)
      await until(async () => (await ready()).includes(says))
      t.match(
        await ready(),
        /\[!\]client-ca degraded: the last good one is in force.*check passed/s,
      )
      t.match(
        stderr(),
        `the client CA stays as it was; the new one cannot be used: ${file}: ${says}`,
      )
      t.equal(await status(next), 200, says)
    }
    t.equal(await metric('failure'), '3')

    writeFileSync(file, next.ca + old.ca)
    await until(async () => (await status(old)) === 200)
    t.equal(await status(next), 200, 'a bundle of both is how a CA is replaced')
    put(dir, other)
    await until(() => stderr().includes('a new certificate is served'))
  },
)

t.test('a TLS session cannot be resumed to get around the client certificate', async t => {
  const dir = tlsDir(t)
  const api = clientCertificate('kube-apiserver')
  writeFileSync(`${dir}/client-ca.crt`, api.ca)
  const { port } = await serve(t, { clientCa: `${dir}/client-ca.crt` }, dir)
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const tls = { minVersion: version, maxVersion: version } as const
    const sessions: Buffer[] = []
    const first = await handshake(port, tls)
    first.on('session', session => sessions.push(session))
    // A TLS 1.3 ticket comes after the handshake, with the first answer at the latest.
    first.write('GET /validate HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')
    await new Promise(resolve => first.resume().once('close', resolve))
    const session = sessions.at(-1) ?? first.getSession()
    const again = await handshake(port, { ...tls, ...(session && { session }) })
    t.equal(again.isSessionReused(), false, version)
    again.destroy()
    t.equal((await ask(port, CA, { path, body, ...tls, ...(session && { session }) })).status, 401)
  }
})
