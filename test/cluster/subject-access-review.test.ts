import t, { type Test } from 'tap'
import { createApiClient } from '../../src/cluster/api-client.ts'
import { type ApproverOptions, createApprover } from '../../src/cluster/subject-access-review.ts'
import type { AdmissionRequest, UserInfo } from '../../src/core/admission-review.ts'
import { at } from '../../src/core/json.ts'
import { hyperConverged, requestOf } from '../support/review.ts'
import { FakeApiServer } from './support/fake-api-server.ts'
import { json, type Reply, refusal, reset, silence, text } from './support/replies.ts'

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
const RULE = 'post-copy-critical-data'

const need = (name: string) => ({ name, field: 'metadata.annotations', action: 'adds' })
const by = (changes: Partial<UserInfo> = {}, request: Partial<AdmissionRequest> = {}) => {
  const userInfo = { username: 'alice', uid: 'u-1', groups: ['admins'], extra: {}, ...changes }
  return requestOf('UPDATE', hyperConverged({}), hyperConverged({}), { userInfo, ...request })
}
const allowed = json({ status: { allowed: true } })
const denied = (status: object) => json({ status: { allowed: false, ...status } })

async function approver(t: Test, reply: Reply, options: ApproverOptions = {}) {
  const server = await FakeApiServer.start(t)
  server.onPost(PATH, reply)
  const api = createApiClient(server.access)
  t.teardown(api.close)
  const approve = createApprover(api, options)
  const ask = async (request = by(), names = [RULE], signal = new AbortController().signal) =>
    approve(request, names.map(need), signal)
  return { server, ask }
}

t.test('the API server is asked for this user, this rule and this namespace', async t => {
  const { server, ask } = await approver(t, allowed)
  const extra = {
    'scopes.example.com': ['full'],
    'authentication.kubernetes.io/pod-name': ['a', 'b'],
  }
  const answers = await ask(by({ groups: ['admins', 'system:authenticated'], extra }))
  t.same([...answers], [[RULE, { granted: true, detail: '' }]])
  t.strictSame(server.seen[0]?.body, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: 'alice',
      uid: 'u-1',
      groups: ['admins', 'system:authenticated'],
      extra,
      resourceAttributes: {
        verb: 'approve',
        group: 'migration-guard.io',
        resource: 'exceptions',
        namespace: 'openshift-cnv',
        name: RULE,
      },
    },
  })
})

for (const [name, status, detail] of [
  ['with a reason', { reason: 'RBAC: role "x" not found' }, 'RBAC: role "x" not found'],
  ['with an error', { reason: '', evaluationError: 'webhook down' }, 'webhook down'],
  ['without a word', {}, 'no role grants the right'],
] as const)
  t.test(`a denial ${name} is passed on`, async t => {
    const { ask } = await approver(t, denied(status))
    t.same((await ask()).get(RULE), { granted: false, detail })
  })

for (const [name, reply] of [
  ['says both', json({ status: { allowed: true, denied: true } })],
  ['says yes in text', json({ status: { allowed: 'true' } })],
  ['has no status', json({ kind: 'SubjectAccessReview', spec: {} })],
  ['is a list', json([{ status: { allowed: true } }])],
  ['is no JSON', text('allowed: true')],
  ['is a refusal', refusal(403, 'may not create subjectaccessreviews')],
  ['is a fault', refusal(500)],
  ['breaks off', reset],
] as const)
  t.test(`an answer that ${name} is no approval`, async t => {
    const { ask } = await approver(t, reply)
    const approval = (await ask()).get(RULE)
    t.equal(approval?.granted, false)
    t.not(approval?.detail, '')
  })

t.test('nobody has approved when nobody answers, and the reason is told', async t => {
  const { ask } = await approver(t, silence, { deadlineMs: 60 })
  const start = performance.now()
  t.same((await ask()).get(RULE), {
    granted: false,
    detail: 'the authoriser did not answer within 0.06 s',
  })
  t.ok(performance.now() - start < 1000)
})

t.test('the name that nobody answers for takes no other approval with it', async t => {
  const { ask } = await approver(
    t,
    (response, { body }) => {
      if (at(body, ['spec', 'resourceAttributes', 'name']) === RULE)
        response.end(JSON.stringify({ status: { allowed: true } }))
    },
    { deadlineMs: 300 },
  )
  const answers = await ask(by(), [RULE, 'invalid-value'])
  t.same(
    [...answers].map(([name, { granted }]) => [name, granted]),
    [
      [RULE, true],
      ['invalid-value', false],
    ],
  )
})

t.test('an answer that comes byte by byte has no more time than others', async t => {
  const { ask } = await approver(
    t,
    response => {
      const drip = setInterval(() => response.write(' '), 10)
      response.on('close', () => clearInterval(drip))
    },
    { deadlineMs: 100 },
  )
  t.equal((await ask()).get(RULE)?.granted, false)
})

t.test('a server that is away or in the way is named', async t => {
  const { server, ask } = await approver(t, refusal(403, 'the guard may not ask'))
  t.equal(
    (await ask()).get(RULE)?.detail,
    'the authoriser did not answer: HTTP 403: the guard may not ask',
  )
  await server.stop()
  t.match((await ask()).get(RULE)?.detail, /^the authoriser did not answer: .*(ECONNREFUSED|broke)/)
})

t.test('a request that was given up is asked for no longer', async t => {
  const { ask } = await approver(t, silence)
  const controller = new AbortController()
  const answer = ask(by(), [RULE], controller.signal)
  setTimeout(() => controller.abort(new Error('gone')), 30)
  t.equal((await answer).get(RULE)?.granted, false)
})

t.test('several names are asked for at the same time, each once', async t => {
  let open = 0
  let most = 0
  const { server, ask } = await approver(t, (response, { body }) => {
    most = Math.max(most, ++open)
    const name = at(body, ['spec', 'resourceAttributes', 'name'])
    setTimeout(() => {
      open--
      response.end(JSON.stringify({ status: { allowed: name !== 'b' } }))
    }, 40)
  })
  const answers = await ask(by(), ['a', 'b', 'c', 'a'])
  t.same(
    [...answers].map(([name, { granted }]) => [name, granted]),
    [
      ['a', true],
      ['b', false],
      ['c', true],
    ],
  )
  t.equal(most, 3)
  t.equal(server.seen.length, 3)
})

t.test('a right is remembered for seconds, a refusal not at all', async t => {
  let now = 0
  let grant = false
  const { server, ask } = await approver(
    t,
    response => {
      response.end(JSON.stringify({ status: { allowed: grant } }))
    },
    { now: () => now, cacheMs: 5000 },
  )
  const granted = async () => (await ask()).get(RULE)?.granted
  t.equal(await granted(), false)
  grant = true
  t.equal(await granted(), true)
  grant = false
  now = 4999
  t.equal(await granted(), true)
  t.equal(server.seen.length, 2)
  now = 5000
  t.equal(await granted(), false)
  t.equal(server.seen.length, 3)
})

t.test('a remembered right is good for exactly the same question', async t => {
  const { server, ask } = await approver(t, allowed)
  await ask()
  const others: readonly (readonly [AdmissionRequest, string])[] = [
    [by({ username: 'bob' }), RULE],
    [by({ uid: 'u-2' }), RULE],
    [by({ groups: [] }), RULE],
    [by({ groups: ['admins', 'more'] }), RULE],
    [by({ extra: { scope: ['narrow'] } }), RULE],
    [by({}, { namespace: 'elsewhere' }), RULE],
    [by(), 'invalid-value'],
  ]
  for (const [index, [request, name]] of others.entries()) {
    await ask(request, [name])
    t.equal(server.seen.length, index + 2)
  }
  await ask(by({ extra: { b: ['1'], a: ['2'] } }))
  await ask(by({ extra: { a: ['2'], b: ['1'] } }))
  t.equal(server.seen.length, others.length + 2, 'the order of extra keys is none of the question')
})

t.test('the memory of rights does not grow without end', async t => {
  const { server, ask } = await approver(t, allowed)
  for (let number = 0; number < 1100; number++) await ask(by({ username: `user-${number}` }))
  await ask(by({ username: 'user-1099' }))
  t.equal(server.seen.length, 1100)
  await ask(by({ username: 'user-0' }))
  t.equal(server.seen.length, 1101)
})
