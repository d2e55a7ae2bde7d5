import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { Answerer } from '../../src/server/answer.ts'
import { listen } from '../../src/server/http/listen.ts'
import { createServer } from '../../src/server/http/server.ts'
import { createDrain } from '../../src/server/lifecycle/drain.ts'
import { sharedCertificates } from '../certificates/support/shared.ts'
import { ask } from './support/ask.ts'
import { answerer } from './support/parts.ts'
import { type Response, responseIn } from './support/response.ts'
import { UID, updateReview } from './support/review.ts'

const { ca, server } = sharedCertificates().first
const tls = { cert: server.certificate, key: server.key }
const path = '/validate'

async function open(t: Test, served: Answerer, answerWithin: number): Promise<number> {
  const app = createServer({ answerer: served, drain: createDrain(), tls, answerWithin })
  t.teardown(() => app.close())
  return listen(app, { host: '127.0.0.1', port: 0, option: '--port' })
}

t.test('a body that dribbles in is answered before the API server gives up', async t => {
  const { answerer: served, observed } = await answerer()
  const port = await open(t, served, 300)
  const body = updateReview({}, {})
  for (const [sent, uid, status] of [
    [body.slice(0, 400), UID, 200],
    ['{"kind":', '', 400],
  ] as const) {
    const { reply, end } = dribble(port, sent, body.length)
    const { text, code, connection } = await reply
    end()
    t.equal(code, status)
    t.equal(connection, 'close')
    t.match(responseIn(text), {
      uid,
      allowed: false,
      status: { code: 400, message: /broke off after \d+ bytes: no answer was found within 0.3 s/ },
    })
  }
  t.equal(observed.length, 2)
})

t.test(
  'a decision that takes too long is refused, and recorded as the refusal that it became',
  async t => {
    const {
      answerer: served,
      log,
      observed,
    } = await answerer({
      approve: () => new Promise(() => {}),
    })
    const port = await open(t, served, 200)
    const body = JSON.stringify({
      ...JSON.parse(updateReview({}, {})),
    }).replace(
      '"annotations":{}',
      '"annotations":{"exception.migration-guard.io/migrations-disabled":"y"}',
    )
    const [denied, passed] = await Promise.all(
      [path, '/mutate'].map(async door =>
        responseIn((await ask(port, ca.certificate, { path: door, body })).text),
      ),
    )
    t.match(denied, { uid: UID, allowed: false, status: { code: 500, message: /within 0.2 s/ } })
    t.match(passed, { uid: UID, allowed: true, warnings: [/within 0.2 s/] })
    await sleep(50)
    t.equal(observed.length, 2, 'counted once each')
    const decisions = log.entries.filter(({ type }) => type === 'decision')
    t.same(
      decisions.map(({ webhook, allowed, code }) => ({ webhook, allowed, code })),
      [
        { webhook: 'validate', allowed: false, code: 500 },
        { webhook: 'mutate', allowed: true, code: 500 },
      ],
      'the log tells of the answer that was given',
    )
  },
)

t.test('a client that goes away is not waited for', async t => {
  let aborted: Response | boolean = false
  const { answerer: served, log } = await answerer({
    approve: (_request, _needs, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted = true
          reject(signal.reason)
        })
      }),
  })
  const port = await open(t, served, 4000)
  const body = updateReview({}, {}).replace(
    '"annotations":{}',
    '"annotations":{"exception.migration-guard.io/migrations-disabled":"y"}',
  )
  const outgoing = post(port)
  outgoing.on('error', () => {})
  outgoing.end(body)
  await sleep(150)
  outgoing.destroy()
  for (let i = 0; i < 100 && !aborted; i++) await sleep(10)
  t.equal(aborted, true)
  const decisions = log.entries.filter(({ type }) => type === 'decision')
  t.match(decisions, [{ allowed: false, failure: /closed the connection/ }])
  t.equal(decisions.length, 1)
})

function post(port: number, more: Readonly<Record<string, number>> = {}) {
  const headers = { 'content-type': 'application/json', ...more }
  const { certificate } = ca
  const options = { method: 'POST', host: '127.0.0.1', port, path, ca: certificate, agent: false }
  return request({ ...options, headers })
}

// Sends the beginning of a body and never the rest.
function dribble(port: number, sent: string, length: number) {
  const outgoing = post(port, { 'content-length': length })
  const reply = new Promise<{
    text: string
    code: number | undefined
    connection: string | undefined
  }>((resolve, reject) => {
    outgoing.on('error', reject)
    outgoing.on('response', async response => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ text, code: response.statusCode, connection: response.headers.connection })
    })
  })
  outgoing.write(sent)
  return { reply, end: () => outgoing.on('error', () => {}).destroy() }
}
