import { PassThrough, Writable } from 'node:stream'
import t from 'tap'
import { openStdoutSink } from '../../src/audit/stdout-sink.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { entry } from './support/lines-of.ts'

t.test('records go to the stream as a chain of their own', async t => {
  const stream = new PassThrough()
  const sink = openStdoutSink(stream, () => [{ type: 'policy' }])
  const { sequence, durable } = sink.append(entry(1))
  t.equal(sequence, 2)
  await Promise.all([durable, ...[2, 3].map(number => sink.append(entry(number)).durable)])
  t.match(sink.status(), { healthy: true, queued: 0, head: { sequence: 4 } })
  await sink.close()
  stream.end()
  t.match(await verifyLog([{ name: '-', read: () => stream }]), { records: 4, problem: null })
  t.throws(() => sink.append(entry(4)), { code: 'AUDIT_CLOSED' })
})

t.test('a record counts once the stream took it, and close waits for it', async t => {
  let take = () => {}
  const stream = new Writable({
    write: (_chunk, _encoding, done) => {
      take = done
    },
  })
  const sink = openStdoutSink(stream)
  sink.append(entry(1))
  t.match(sink.status(), { head: { sequence: 0 }, queued: 1 })
  const closed = sink.close()
  take()
  await closed
  t.match(sink.status(), { head: { sequence: 1 }, queued: 0 })
})

t.test('a stream that fails refuses its records, and the process lives on', async t => {
  const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
  const sink = openStdoutSink(stream)
  sink.append(entry(1))
  await t.rejects(sink.append(entry(2)).durable)
  t.match(sink.status(), { healthy: false, queued: 0, head: { sequence: 0 } })
  await sink.close()
})
