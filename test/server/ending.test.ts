import Fastify from 'fastify'
import t from 'tap'
import { listen } from '../../src/server/http/listen.ts'
import { closeGently, createDrain } from '../../src/server/lifecycle/drain.ts'
import { type Ending, type ShutdownParts, shutDown } from '../../src/server/lifecycle/shutdown.ts'
import { createLog } from '../../src/server/log.ts'
import { ask } from './support/ask.ts'
import { captured } from './support/captured.ts'
import { CA, tlsDir } from './support/guard.ts'
import { spawnServer } from './support/process.ts'
import { recordsIn } from './support/records.ts'
import { example } from './support/review.ts'
import { until } from './support/until.ts'

const broken = () => {
  throw new Error('disk is gone')
}

async function end(ending: Ending, changes: Partial<ShutdownParts> = {}) {
  const said = captured()
  const closed: string[] = []
  const server = (name: string) =>
    Fastify().addHook('onClose', async () => {
      closed.push(name)
    })
  const reviews = server('reviews')
  const parts: ShutdownParts = {
    opened: [
      ['the audit log', () => closed.push('log')],
      ['the port for reviews', () => closeGently(reviews)],
    ],
    ops: server('probes'),
    drain: createDrain(),
    delaySeconds: 0,
    log: createLog({ level: 'debug', human: true, write: line => said.stream.write(line) }),
    ...changes,
  }
  if (changes.opened === undefined)
    await listen(reviews, { host: '127.0.0.1', port: 0, option: '--port' })
  const start = performance.now()
  const error = await shutDown(parts, ending).then(
    () => null,
    (reason: Error) => reason.message,
  )
  return { error, closed, said: said.text(), took: performance.now() - start }
}

t.test('asked to, it says that every review was answered', async t => {
  const { error, closed, said } = await end('asked')
  t.equal(error, null)
  t.same(closed, ['reviews', 'log', 'probes'])
  t.match(said, /shut down: every review was answered and the audit log is closed\n$/)
})

t.test(
  'after a fault nothing is judged for the sake of a delay, and nothing is claimed',
  async t => {
    const { error, said, took } = await end('fault', { delaySeconds: 60 })
    t.equal(error, null)
    t.ok(took < 10_000)
    t.notMatch(said, /every review was answered/)
    t.match(said, /shut down after the fault/)
  },
)

t.test('every part is let go of, whichever fails, and the last line is true', async t => {
  const closed: string[] = []
  const opened = [
    ['the audit log', () => closed.push('log')],
    ['the watch on the policy', broken],
    ['the port for reviews', async () => broken()],
  ] as const
  const ended = await end('asked', { opened })
  t.same([...closed, ...ended.closed], ['log', 'probes'])
  t.match(ended.said, /the port for reviews could not be closed: disk is gone/)
  t.match(ended.said, /the watch on the policy could not be closed: disk is gone/)
  t.notMatch(ended.said, /every review was answered/)
  t.equal(ended.error, 'shut down, but not cleanly: the port for reviews, the watch on the policy')
})

t.test('a fault in the process ends it at once, with the log closed and an exit code', async t => {
  const dir = tlsDir(t)
  const auditFile = `${dir}/audit.jsonl`
  const server = await spawnServer(t, { tlsDir: dir, auditFile, shutdownDelay: 60 }, ['fault'])
  await ask(server.port, CA, { path: '/validate', body: example('parallel-20') })
  server.child.kill('SIGUSR2')
  const exit = await Promise.race([server.end, until(() => false).catch(() => 'still there')])
  t.equal(exit, 1)
  t.match(server.said(), /internal error, so this process ends: made by the test/)
  t.notMatch(server.said(), /every review was answered/)
  t.equal(recordsIn(auditFile).at(-1)?.type, 'stop')
})
