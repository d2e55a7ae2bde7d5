import t from 'tap'
import { fileSource } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { MOST_CONNECTIONS } from '../../src/server/server.ts'
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

// A review in flight on each connection that the server accepts; HTTP/1.1 has no more.
const IN_FLIGHT = MOST_CONNECTIONS

t.test('kill -9 with 600 reviews in flight loses none that was answered', async t => {
  const dir = tlsDir(t)
  const auditFile = `${dir}/audit.jsonl`
  const server = await spawnServer(t, { tlsDir: dir, auditFile })
  const clients = new Set<number>()
  const running = load(server.port, IN_FLIGHT, client => {
    // From its first answer on, each has a review in flight.
    if (clients.add(client).size === IN_FLIGHT) server.child.kill('SIGKILL')
  })
  t.equal(await server.end, 'SIGKILL')
  const { answered, lost } = await running.done
  t.ok(lost.length >= 600, `${lost.length} in flight`)
  t.ok(answered.length >= IN_FLIGHT, `${answered.length} answered`)

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
