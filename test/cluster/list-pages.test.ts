import t, { type Test } from 'tap'
import { createApiClient } from '../../src/cluster/api-client.ts'
import { type ListOptions, listResource } from '../../src/cluster/list-pages.ts'
import type { Resource } from '../../src/cluster/resource.ts'
import { failureOf } from './support/failure-of.ts'
import { FakeApiServer } from './support/fake-api-server.ts'
import { THING, THINGS, thing } from './support/following.ts'
import { json, type Reply, refusal, text } from './support/replies.ts'

async function serve(t: Test, count: number) {
  const server = await FakeApiServer.start(t)
  const things = server.collection(THINGS)
  for (let number = 0; number < count; number++) things.put(thing(`thing-${number}`))
  const api = createApiClient(server.access)
  t.teardown(api.close)
  const list = <T>(resource: Resource<T>, changes: Partial<ListOptions<T>> = {}) =>
    listResource(api, resource, {
      pageSize: 4,
      silenceMs: 2000,
      signal: new AbortController().signal,
      known: new Map(),
      ...changes,
    })
  return { server, things, list }
}

t.test('pages follow each other until there is none left', async t => {
  const { server, list } = await serve(t, 10)
  const { objects, resourceVersion } = await list(THING)
  t.equal(objects.size, 10)
  t.match(resourceVersion, /^\d+$/)
  const [first, second, ...more] = server.calls('list', THINGS)
  t.equal(more.length, 1)
  t.equal(first?.query.get('continue'), null)
  t.ok(second?.query.get('continue'))
})

t.test('when the server forgets where a list was, the list begins again', async t => {
  const { server, things, list } = await serve(t, 10)
  server.script('list', THINGS, things.list, things.list, (response, call) => {
    things.compact()
    things.list(response, call)
  })
  const { objects } = await list(THING)
  t.equal(objects.size, 10)
  t.same(
    server.calls('list', THINGS).map(({ query }) => query.get('continue') === null),
    [true, false, false, true, false, false],
  )
})

t.test('a list that the server forgets again and again is given up', async t => {
  const { server, things, list } = await serve(t, 10)
  const forgetful: Reply = (response, call) => {
    if (call.query.has('continue')) things.compact()
    things.list(response, call)
  }
  server.script('list', THINGS, ...Array(20).fill(forgetful))
  t.match(await failureOf(list(THING)), { status: 410 })
  t.equal(server.calls('list', THINGS).length, 8)
})

t.test('what is known already and unchanged is the same value', async t => {
  const { things, list } = await serve(t, 3)
  const labels: Resource<{ color: string }> = {
    ...THING,
    project: object => ({ color: THING.project(object) }),
    same: (left, right) => left.color === right.color,
  }
  const { objects: known } = await list(labels)
  things.put(thing('thing-1', 'blue'))
  const { objects } = await list(labels, { known })
  t.equal(objects.get('a/thing-0'), known.get('a/thing-0'))
  t.same(objects.get('a/thing-1'), { color: 'blue' })
})

t.test('an empty list may come without items', async t => {
  const { server, list } = await serve(t, 0)
  server.script('list', THINGS, json({ metadata: { resourceVersion: '5' }, items: null }))
  t.equal((await list(THING)).objects.size, 0)
})

for (const [name, reply, message] of [
  ['no JSON', text('<html>'), /not valid JSON/],
  ['no list', json({ kind: 'Thing' }), /is no list/],
  ['items that are no objects', json({ metadata: {}, items: [1] }), /is no list/],
  ['no version', json({ metadata: {}, items: [] }), /has no resourceVersion/],
] as const)
  t.test(`an answer with ${name} is not taken for an empty list`, async t => {
    const { server, list } = await serve(t, 0)
    server.script('list', THINGS, reply)
    await t.rejects(list(THING), { message })
  })

t.test('of several versions a refusal tells more than that one is not there', async t => {
  const { server, list } = await serve(t, 1)
  const paths = ['/apis/example.com/v3/things', '/apis/example.com/v2/things']
  t.match(await failureOf(list({ ...THING, paths })), { status: 404 })
  server.script('list', paths[1] ?? '', refusal(500, 'conversion failed'))
  t.match(await failureOf(list({ ...THING, paths })), { status: 500 })
  server.script('list', paths[0] ?? '', refusal(403))
  t.match(await failureOf(list({ ...THING, paths: [...paths, THINGS] })), { status: 403 })
})

t.test('a field selector goes with every page', async t => {
  const { server, list } = await serve(t, 5)
  const { objects } = await list({ ...THING, fieldSelector: 'metadata.name=thing-3' })
  t.same([...objects.keys()], ['a/thing-3'])
  t.equal(server.seen[0]?.query.get('fieldSelector'), 'metadata.name=thing-3')
})
