import t from 'tap'
import { fileSource } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { MOST_CONNECTIONS } from '../../src/server/http/server.ts'
import { serve, tlsDir } from './support/guard.ts'
import { load } from './support/load.ts'
import { spawnServer } from './support/process.ts'
import { recordsIn } from './support/records.ts'

t.test('SIGTERM under load leaves no request without an answer and exits 0', async t => {
  const dir = tlsDir(t)
  const auditFile = `${dir}/audit.jsonl`
  const server = await spawnServer(t, { tlsDir: dir, auditFile, shutdownDelay: 1 })
  const underLoad = Promise.withResolvers<void>()
  const running = load(server.port, 16, () => {
    if (running.answered.length === 50) underLoad.resolve()
  })
  await underLoad.promise
  server.child.kill('SIGTERM')
  const readyz = async () => fetch(`http://127.0.0.1:${server.opsPort}/readyz?verbose`)
  let state = await readyz()
  while (state.status === 200) state = await readyz()
  t.equal(state.status, 503)
  t.match(await state.text(), /\[-\]shutdown failed: this replica is shutting down/)
  t.equal(await server.end, 0)
  const { answered, lost, closed } = await running.done
  t.same(lost, [])
  t.ok(answered.length > 50, `${answered.length} answered`)
  t.ok(closed > 0, 'answers asked the clients to connect anew')
  t.match(server.said(), /shut down: every review was answered/)

  const records = recordsIn(auditFile)
  t.equal(records.at(-1)?.type, 'stop')
  const decisions = records.filter(({ type }) => type === 'decision')
  t.equal(decisions.length, answered.length)
})

// HTTP/1.1 has one review in flight on each connection, and the server accepts no more of these.
const AT_ONCE = MOST_CONNECTIONS

t.test(`kill -9 with ${AT_ONCE} reviews in flight loses none that was answered`, async t => {
  const dir = tlsDir(t)
  const auditFile = `${dir}/audit.jsonl`
  const server = await spawnServer(t, { tlsDir: dir, auditFile })
  const connected = Promise.withResolvers<void>()
  const running = load(server.port, AT_ONCE, () => {
    // All go on at once when each has its connection.
    if (running.answered.length === AT_ONCE) connected.resolve()
    if (running.answered.length === AT_ONCE + 1) server.child.kill('SIGKILL')
    return connected.promise
  })
  t.equal(await server.end, 'SIGKILL')
  const { answered, lost } = await running.done
  t.ok(answered.length > AT_ONCE, `${answered.length} answered`)
  t.ok(lost.length >= 600, `${lost.length} in flight when it died`)

  const again = await serve(t, { auditFile }, dir)
  await again.stop()
  const records = recordsIn(auditFile)
  const places = new Set(records.map(({ sequence, hash }) => `${sequence}:${hash}`))
  t.same(
    answered.filter(place => !places.has(place)),
    [],
  )
  const { problem, records: intact, first } = await verifyLog([fileSource(auditFile)])
  t.equal(problem, null)
  t.same([first, intact], [1, records.length])
  t.equal(records.at(-1)?.type, 'stop')
})
