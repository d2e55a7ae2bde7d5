import t from 'tap'
import { eventsIn, linesOf } from '../../src/cluster/watch-stream.ts'
import { failureOf } from './support/failure-of.ts'

async function* bytes(text: string, size: number): AsyncGenerator<Buffer> {
  const all = Buffer.from(text)
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size)
}

const event = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`
const versioned = { metadata: { name: 'größe', resourceVersion: '7' } }

t.test(
  'lines come whole however the bytes are cut, and what follows the last break is dropped',
  async t => {
    for (const size of [1, 2, 3, 7, 1000]) {
      const lines = await collect(linesOf(bytes('eins\nzwölf\n\n\r\ndrei 🙂\nhal', size)))
      t.same(lines, ['eins', 'zwölf', 'drei 🙂'])
    }
  },
)

t.test('events carry type, object and version', async t => {
  const text = event('ADDED', versioned) + event('BOOKMARK', { metadata: { resourceVersion: '9' } })
  const events = await collect(eventsIn(bytes(text, 10)))
  t.same(events, [
    { type: 'ADDED', object: versioned, resourceVersion: '7' },
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '9' } }, resourceVersion: '9' },
  ])
})

t.test('an ERROR event is the refusal that it holds', async t => {
  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }
  const read = (status: object) => failureOf(collect(eventsIn(bytes(event('ERROR', status), 10))))
  t.match(await read(gone), { status: 410, message: 'HTTP 410: too old' })
  const busy = { kind: 'Status', code: 429, details: { retryAfterSeconds: 2 } }
  t.match(await read(busy), { retryAfterMs: 2000 })
  t.match(await read({}), { status: 500 })
})

for (const [name, text] of [
  ['no JSON', '<html>\n'],
  ['JSON of another sort', '[1]\n'],
  ['of an unknown type', event('RENAMED', versioned)],
  ['without a version', event('ADDED', { metadata: { name: 'a' } })],
] as const)
  t.test(`an event that is ${name} cannot be passed over`, async t => {
    await t.rejects(collect(eventsIn(bytes(text, 10))), { code: 'UNREADABLE_EVENT' })
  })

async function collect<T>(source: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}
