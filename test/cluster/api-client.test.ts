import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type ApiCall, createApiClient } from '../../src/cluster/api-client.ts'
import { ApiError, explain } from '../../src/cluster/api-error.ts'
import { failureOf } from './support/failure-of.ts'
import { FakeApiServer } from './support/fake-api-server.ts'
import { json, refusal, reset, silence, text } from './support/replies.ts'

const PATH = '/version'
const call = (changes: Partial<ApiCall> = {}): ApiCall => ({
  path: PATH,
  signal: new AbortController().signal,
  answerMs: 2000,
  silenceMs: 2000,
  ...changes,
})

async function client(t: Test, ...replies: Parameters<FakeApiServer['script']>[2][]) {
  const server = await FakeApiServer.start(t)
  server.script('list', PATH, ...replies)
  const api = createApiClient(server.access)
  t.teardown(api.close)
  return { server, api }
}

t.test('a call says what it accepts and who it is, and a body goes by POST', async t => {
  const { server, api } = await client(t, json({ major: '1' }))
  server.onPost('/reviews', json({ ok: true }))
  t.same(await api.json(call({ accept: 'application/json' })), { major: '1' })
  t.same(await api.json(call({ path: '/reviews', body: { a: 1 } })), { ok: true })
  const [get, post] = server.seen
  t.match(get, {
    method: 'GET',
    headers: { accept: 'application/json', 'user-agent': 'migration-guard' },
  })
  t.match(post, { method: 'POST', body: { a: 1 }, headers: { 'content-type': 'application/json' } })
})

t.test('calls after each other share a connection', async t => {
  const { server, api } = await client(t)
  const ports = new Set<number | undefined>()
  for (let count = 0; count < 3; count++) {
    server.script('list', PATH, response => {
      ports.add(response.socket?.remotePort)
      response.end('{}')
    })
    await api.json(call())
  }
  t.equal(ports.size, 1)
})

t.test('a kept connection that the server closed is no failure', async t => {
  const { server, api } = await client(t, json({}), reset, json({ again: true }))
  await api.json(call())
  t.same(await api.json(call()), { again: true })
  t.equal(server.seen.length, 3)
})

t.test(
  'a kept connection that breaks after the answer began is a failure, and nothing is sent again',
  async t => {
    const { server, api } = await client(t, json({}), response => {
      response.writeHead(200).write('{')
      setTimeout(() => response.socket?.resetAndDestroy(), 20)
    })
    await api.json(call())
    t.equal(explain(await failureOf(api.json(call()))), 'the connection broke off')
    await sleep(20)
    t.equal(server.seen.length, 2)
  },
)

t.test('a new connection that breaks is one', async t => {
  const { api } = await client(t, reset)
  const error = await failureOf(api.json(call()))
  t.equal(explain(error), 'the connection broke off')
})

t.test('a path of the server comes before the path of the call', async t => {
  const server = await FakeApiServer.start(t)
  const cluster = {
    name: 'proxied',
    server: `${server.url}/k8s/clusters/c-1/`,
    skipTLSVerify: true,
  }
  const api = createApiClient({ ...server.access, getCurrentCluster: () => cluster })
  t.teardown(api.close)
  server.script('list', '/k8s/clusters/c-1/version', json({}))
  t.same(await api.json(call()), {})
})

t.test('a refusal carries status, text and how long to wait', async t => {
  const { api } = await client(
    t,
    refusal(403, 'things is forbidden: User "guard" cannot list'),
    refusal(429, 'slow down', { 'retry-after': '7' }),
    refusal(503, '', { 'retry-after': '86400' }),
    response => response.writeHead(502).end('<html>\u001b[31mbad gateway\n</html>'),
  )
  const refusals: ApiError[] = []
  for (let count = 0; count < 4; count++)
    await api.json(call()).catch((error: ApiError) => refusals.push(error))
  t.ok(refusals.every(error => error instanceof ApiError))
  t.same(
    refusals.map(({ status, message, retryAfterMs }) => [status, message, retryAfterMs]),
    [
      [403, 'HTTP 403: things is forbidden: User "guard" cannot list', 0],
      [429, 'HTTP 429: slow down', 7000],
      [503, 'HTTP 503', 60_000],
      [502, 'HTTP 502: <html>\\u001b[31mbad gateway\\u000a</html>', 0],
    ],
  )
})

t.test('an answer that is no JSON is said to be none', async t => {
  const { api } = await client(t, text('<html>'))
  await t.rejects(api.json(call()), SyntaxError)
})

t.test(
  'credentials that never come, like answers, are waited for no longer than allowed',
  async t => {
    const { server, api } = await client(t, silence, response => {
      response.writeHead(200).write('{')
    })
    await t.rejects(api.json(call({ answerMs: 50 })), { code: 'SILENCE' })
    await t.rejects(api.json(call({ silenceMs: 50 })), { code: 'SILENCE' })
    const stuck = createApiClient({
      ...server.access,
      applyToHTTPSOptions: () => new Promise(() => {}),
    })
    await t.rejects(stuck.json(call({ answerMs: 50 })), { code: 'SILENCE' })
  },
)

t.test('credentials that cannot be had are the failure', async t => {
  const { server } = await client(t)
  const applyToHTTPSOptions = async () => {
    throw new Error('the token file is gone')
  }
  const api = createApiClient({ ...server.access, applyToHTTPSOptions })
  await t.rejects(api.json(call()), { message: 'the token file is gone' })
})

t.test('whoever calls may give up, before, while waiting and while reading', async t => {
  const { api } = await client(t, silence, response => {
    response.writeHead(200).write('{')
  })
  const gone = AbortSignal.abort(new Error('gone'))
  await t.rejects(api.json(call({ signal: gone })), { message: 'gone' })
  for (let count = 0; count < 2; count++) {
    const controller = new AbortController()
    const answer = api.json(call({ signal: controller.signal }))
    setTimeout(() => controller.abort(new Error('enough')), 30)
    await t.rejects(answer, { message: 'enough' })
  }
})

t.test('a server that is not there is named', async t => {
  const cluster = { name: 'gone', server: 'http://localhost:1', skipTLSVerify: true }
  const api = createApiClient({
    getCurrentCluster: () => cluster,
    applyToHTTPSOptions: async () => {},
  })
  const error = await failureOf(api.json(call()))
  t.match(explain(error), /connect ECONNREFUSED .*:1/)
  const nowhere = createApiClient({
    getCurrentCluster: () => null,
    applyToHTTPSOptions: async () => {},
  })
  await t.rejects(nowhere.json(call()), { message: 'the kubeconfig names no cluster' })
})

t.test('a server that speaks no HTTP is a failure', async t => {
  const server = createServer((socket: Socket) => socket.end('SSH-2.0-OpenSSH\r\n'))
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  const cluster = { name: 'ssh', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }
  const api = createApiClient({
    getCurrentCluster: () => cluster,
    applyToHTTPSOptions: async () => {},
  })
  await t.rejects(api.json(call()), /Parse Error/)
})
