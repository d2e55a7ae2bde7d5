import { connect } from 'node:net'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { MOST_CONNECTIONS } from '../../src/server/http/server.ts'
import { BODY_LIMIT, createRoom, receiveBody } from '../../src/server/reviews/receive-body.ts'
import { ask } from './support/ask.ts'
import { CA, serve } from './support/guard.ts'
import { example } from './support/review.ts'
import { until } from './support/until.ts'

const KIB = 1024

// Written and delivered: a stream in memory hands its data on within a turn of the event loop.
async function send(stream: PassThrough, ...pieces: Buffer[]): Promise<void> {
  for (const piece of pieces) stream.write(piece)
  await new Promise(resolve => setImmediate(resolve))
}

t.test(
  'room is taken from the first byte on and given back, whatever comes afterwards',
  async t => {
    const room = createRoom()
    const { left } = room
    const slow = Array.from({ length: 24 }, () => {
      const stream = new PassThrough({ highWaterMark: BODY_LIMIT })
      return { stream, ...receiveBody(stream, room) }
    })
    for (const { stream } of slow) await send(stream, Buffer.alloc(KIB))
    t.ok(room.left <= left - 24 * KIB, 'a small body counts')
    for (const { release } of slow) release()
    t.equal(room.left, left)
    for (const { stream } of slow) await send(stream, Buffer.alloc(KIB * KIB), Buffer.alloc(KIB))
    t.equal(room.left, left, 'what comes after the answer takes nothing')
    for (const { stream, body } of slow) {
      t.equal(stream.readableFlowing, true, 'and is read, so that the client gets its answer')
      t.equal(body.size, KIB)
      stream.end()
    }
    await new Promise(resolve => setImmediate(resolve))
    t.ok(
      slow.every(({ body }) => !body.ended),
      'a body that ends too late is not judged',
    )
  },
)

t.test('what is refused keeps no room, and its beginning', async t => {
  const room = createRoom()
  const { left } = room
  const stream = new PassThrough({ highWaterMark: 2 * BODY_LIMIT })
  const { body, done } = receiveBody(stream, room)
  await send(stream, Buffer.from('{"uid":"1"'), Buffer.alloc(BODY_LIMIT))
  t.match(body.refusal, { code: 413 })
  t.equal(room.left, left)
  t.match(body.bytes().toString(), /^\{"uid":"1"/)
  stream.end()
  await done
})

t.test('a body in tiny pieces counts as what it takes', async t => {
  const room = { left: 64 * KIB }
  const stream = new PassThrough()
  const { body } = receiveBody(stream, room)
  for (let sent = 0; sent < 1000; sent++) await send(stream, Buffer.alloc(1))
  t.match(body.refusal, { code: 503, message: /try again/ })
})

t.test('hundreds of ordinary reviews at once find room', async t => {
  const room = createRoom()
  const streams = Array.from({ length: 600 }, () => {
    const stream = new PassThrough()
    return { stream, ...receiveBody(stream, room) }
  })
  for (const { stream } of streams) stream.end(Buffer.alloc(50 * KIB))
  await Promise.all(streams.map(({ done }) => done))
  t.same(
    streams.filter(({ body }) => body.refusal !== null),
    [],
  )
})

t.test('connections beyond what API servers open are turned away, until others go', async t => {
  const { port } = await serve(t)
  const beyond = 8
  let closed = 0
  const sockets = Array.from({ length: MOST_CONNECTIONS + beyond }, () =>
    connect({ host: '127.0.0.1', port })
      .on('error', () => {})
      .on('close', () => closed++),
  )
  const stop = () => {
    for (const socket of sockets) socket.destroy()
  }
  t.teardown(stop)
  await until(() => closed >= beyond)
  await t.rejects(ask(port, CA, { path: '/validate', body: example('parallel-20') }))
  t.equal(closed, beyond)
  stop()
  await until(async () => {
    const reply = ask(port, CA, { path: '/validate', body: example('parallel-20') })
    return (await reply.catch(() => null))?.status === 200
  })
})
