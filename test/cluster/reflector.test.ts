import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createApiClient } from '../../src/cluster/api-client.ts'
import { Reflector } from '../../src/cluster/reflector.ts'
import { TIMING } from '../../src/cluster/timing.ts'
import { FakeApiServer } from './support/fake-api-server.ts'
import { follow, settled, start, THING, THINGS, thing } from './support/following.ts'
import { HURRY, until } from './support/hurry.ts'
import { refusal, reset, silence, text } from './support/replies.ts'

t.test('what is listed is kept, and every event after it', async t => {
  const following = await follow(t)
  const { things, kept, changes, reflector } = following
  await settled(following)
  t.same(kept(), { 'a/one': 'red', 'a/two': 'red' })
  things.put(thing('three', 'blue'))
  things.put(thing('one', 'green'))
  things.delete('a/two')
  await until(() => reflector.objects?.get('a/two') === undefined)
  t.same(kept(), { 'a/one': 'green', 'a/three': 'blue' })
  t.equal(changes(), 4)
  t.match(reflector.status, { kind: 'Thing', synced: true, missing: false, objects: 2, relists: 0 })
})

t.test('a list is read by pages, and objects come as metadata alone', async t => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const following = await follow(t, { names })
  await settled(following)
  const { server, reflector } = following
  const lists = server.calls('list', THINGS)
  t.equal(reflector.objects?.size, 7)
  t.same(
    lists.map(({ query }) => query.get('limit')),
    ['3', '3', '3'],
  )
  const accept = lists[0]?.headers.accept
  t.match(accept, /^application\/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,/)
  const [watch] = server.calls('watch', THINGS)
  t.match(watch?.headers.accept, /^application\/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,/)
  t.equal(watch?.query.get('allowWatchBookmarks'), 'true')
  const seconds = Number(watch?.query.get('timeoutSeconds'))
  t.ok(seconds >= 300 && seconds <= 600, `${seconds} s`)
})

t.test('a watch that ends goes on from the last bookmark, without a list', async t => {
  const following = await follow(t)
  const { server, things, kept, reflector } = following
  await settled(following)
  const [first] = server.calls('watch', THINGS)
  server.collection('/elsewhere').put(thing('moves the clock'))
  things.bookmark()
  await until(() => (reflector.status.lastEvent ?? 0) > 0)
  await sleep(20)
  things.end()
  await until(() => server.calls('watch', THINGS).length >= 2)
  await until(() => things.watching === 1)
  const [, second] = server.calls('watch', THINGS)
  const version = (call: typeof first) => Number(call?.query.get('resourceVersion'))
  t.ok(version(second) > version(first), 'a later version')
  things.put(thing('three'))
  await until(() => kept()?.['a/three'] === 'red')
  t.equal(server.calls('list', THINGS).length, 1)
})

t.test('what happened while nothing was watched is caught up with', async t => {
  const following = await follow(t)
  const { server, things, kept } = following
  await settled(following)
  server.script('watch', THINGS, refusal(500), refusal(500))
  things.reset()
  things.put(thing('one', 'black'))
  await until(() => kept()?.['a/one'] === 'black')
  t.equal(server.calls('list', THINGS).length, 1)
})

for (const [name, reply] of [
  ['410 as a status', refusal(410, 'too old resource version')],
  [
    '410 as an event',
    text('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}\n'),
  ],
] as const)
  t.test(`${name} leads to a new list, and the old one serves until it is complete`, async t => {
    const following = await follow(t)
    const { server, things, kept, reflector } = following
    await settled(following)
    server.script('watch', THINGS, reply)
    server.script('list', THINGS, refusal(500), refusal(500), refusal(500))
    things.reset()
    things.delete('a/one')
    things.compact()
    await until(() => server.calls('list', THINGS).length > 2)
    t.same(kept(), { 'a/one': 'red', 'a/two': 'red' })
    t.equal(reflector.status.synced, true)
    await until(() => reflector.objects?.size === 1)
    t.same(kept(), { 'a/two': 'red' })
    await settled(following)
    t.equal(reflector.status.relists, 1)
  })

t.test(
  'a server that has forgotten a version is no problem, unless it forgets each one',
  async t => {
    const following = await follow(t)
    const { server, things, told, reflector } = following
    await settled(following)
    things.bookmark()
    things.compact()
    things.end()
    await until(() => reflector.status.relists === 1)
    await settled(following)
    t.same(told, [])
    server.script('watch', THINGS, ...Array(8).fill(refusal(410, 'too old')))
    things.end()
    await until(() => reflector.status.problem === 'HTTP 410: too old')
    await settled(following)
  },
)

t.test('a new list that says the same changes nothing', async t => {
  const following = await follow(t)
  const { things, changes, reflector } = following
  await settled(following)
  const before = changes()
  things.compact()
  things.end()
  await until(() => reflector.status.relists === 1)
  t.equal(changes(), before)
})

t.test('an event that changes nothing that matters is no change', async t => {
  const following = await follow(t)
  const { things, changes, reflector } = following
  await settled(following)
  const before = changes()
  things.put({ ...thing('one'), status: { heartbeat: 1 } })
  things.put(thing('last', 'blue'))
  await until(() => reflector.objects?.has('a/last') ?? false)
  t.equal(changes(), before + 1)
})

t.test('half a line at the end of a broken connection is not taken for an event', async t => {
  const following = await follow(t)
  const { server, things, kept } = following
  await settled(following)
  things.write('{"type":"MODIFIED","object":{"metadata":{"name":"one","names')
  await sleep(20)
  things.reset()
  await until(() => server.calls('watch', THINGS).length >= 2)
  things.put(thing('three'))
  await until(() => kept()?.['a/three'] === 'red')
  t.same(kept(), { 'a/one': 'red', 'a/two': 'red', 'a/three': 'red' })
  t.equal(server.calls('list', THINGS).length, 1)
})

t.test('a whole line that is no event leads to a new list', async t => {
  const following = await follow(t)
  const { things, reflector } = following
  await settled(following)
  things.write('<html>\n')
  await until(() => reflector.status.relists === 1)
  await settled(following)
  things.write('{"type":"MODIFIED","object":{}}\n')
  await until(() => reflector.status.relists === 2)
})

t.test(
  'a server that goes away and comes back is followed again, facts kept meanwhile',
  async t => {
    const following = await follow(t)
    const { server, things, kept, told, reflector } = following
    await settled(following)
    await server.stop()
    await until(() => reflector.status.problem !== null)
    t.match(reflector.status.problem, /ECONNREFUSED|the connection broke off/)
    t.same(kept(), { 'a/one': 'red', 'a/two': 'red' })
    things.put(thing('one', 'blue'))
    await server.listen()
    await until(() => kept()?.['a/one'] === 'blue')
    await settled(following)
    t.same(
      told.map(({ problem }) => problem !== null),
      [true, false],
      'told of once each way',
    )
  },
)

for (const status of [401, 403, 500, 503])
  t.test(`HTTP ${status} is tried again, first in the list and then in the watch`, async t => {
    const broken = refusal(status, 'not now')
    const following = await follow(t, {
      before: server => {
        server.script('list', THINGS, broken, broken)
        server.script('watch', THINGS, broken)
      },
    })
    const { reflector, told } = following
    await settled(following)
    t.equal(told[0]?.problem, `HTTP ${status}: not now`)
    t.equal(reflector.status.missing, false)
  })

t.test('a server that is busy is left alone for as long as it asks', async t => {
  const busy = refusal(429, 'too many requests', { 'retry-after': '1' })
  const following = await follow(t, { before: server => server.script('list', THINGS, busy) })
  const { reflector } = following
  const start = Date.now()
  await until(() => reflector.status.problem !== null)
  reflector.retryNow()
  await settled(following)
  t.ok(Date.now() - start >= 990, 'not even when told to hurry')
})

t.test('a wait between attempts can be cut short', async t => {
  const timing = { retryBaseMs: 60_000, retryMaxMs: 60_000 }
  const before = (server: FakeApiServer) => server.script('list', THINGS, refusal(500))
  const following = await follow(t, { timing, before })
  await until(() => following.reflector.status.problem !== null)
  following.reflector.retryNow()
  await settled(following)
})

t.test('a connection on which nothing comes any more is replaced, and nothing missed', async t => {
  const following = await follow(t, { timing: { watchSilenceMs: 100 } })
  const { server, things, kept, told } = following
  await settled(following)
  things.bookmark()
  things.mute()
  things.put(thing('three'))
  await until(() => kept()?.['a/three'] === 'red')
  t.equal(server.calls('list', THINGS).length, 1)
  t.same(told, [], 'quiet is no problem')
})

t.test('a server that tells nothing for long is asked for a new list', async t => {
  // As after etcd was restored from a backup: the version that is watched lies in the future.
  const following = await follow(t, { timing: { watchSilenceMs: 30 } })
  const { server, things, reflector } = following
  await settled(following)
  await until(() => reflector.status.relists === 1)
  const watches = server.seen.map(({ query }) => query.has('watch'))
  t.same(watches.slice(0, 6), [false, true, true, true, true, false])
  t.equal(reflector.status.problem, null)
  await until(() => things.watching === 1)
})

t.test('a list and a watch that are never answered are given up', async t => {
  const following = await follow(t, {
    timing: { listSilenceMs: 50, watchAnswerMs: 50 },
    before: server => {
      server.script('list', THINGS, silence, reset)
      server.script('watch', THINGS, silence)
    },
  })
  await settled(following)
  t.match(following.told[0]?.problem, /^nothing came from the API server for 0.05 s$/)
})

t.test('bookmarks keep a quiet connection alive', async t => {
  const following = await follow(t, { timing: { watchSilenceMs: 150 } })
  const { server, things } = following
  await settled(following)
  for (let count = 0; count < 10; count++) {
    things.bookmark()
    await sleep(40)
  }
  t.equal(server.calls('watch', THINGS).length, 1)
})

t.test('a server that ends every watch at once is not asked without a pause', async t => {
  const following = await follow(t, {
    timing: { retryBaseMs: 50, retryMaxMs: 1000 },
    before: server => server.script('watch', THINGS, ...Array(40).fill(text(''))),
  })
  await until(() => following.reflector.status.synced)
  await sleep(400)
  const { length } = following.server.calls('watch', THINGS)
  t.ok(length >= 2 && length <= 5, `${length} watches in 400 ms`)
})

t.test('a kind that is not installed is known to be missing until it appears', async t => {
  const server = await FakeApiServer.start(t)
  const { reflector, told, kept } = start(t, server, THING)
  await until(() => reflector.status.missing)
  t.match(reflector.status, { synced: false, problem: null })
  t.equal(kept(), null)
  await until(() => server.calls('list', THINGS).length > 2)
  server.collection(THINGS).put(thing('one'))
  await until(() => reflector.objects?.size === 1)
  t.match(reflector.status, { synced: true, missing: false })
  t.same(
    told.map(({ missing }) => missing),
    [true, false],
  )
})

t.test('a kind that is uninstalled is given up at the second 404, not at the first', async t => {
  const following = await follow(t, { timing: { missingConfirmMs: 100 } })
  const { server, things, kept, reflector, changes } = following
  await settled(following)
  const before = changes()
  server.script('list', THINGS, refusal(404))
  things.compact()
  things.end()
  await until(() => reflector.status.problem !== null)
  reflector.retryNow()
  t.same(kept(), { 'a/one': 'red', 'a/two': 'red' })
  await until(() => reflector.status.relists === 1)
  t.equal(changes(), before)
  server.uninstall(THINGS)
  await until(() => reflector.status.missing)
  t.equal(kept(), null)
  t.equal(changes(), before + 1)
})

t.test('a kind that every cluster has is never missing', async t => {
  const server = await FakeApiServer.start(t)
  const { reflector } = start(t, server, { ...THING, optional: false })
  await until(() => server.calls('list', THINGS).length > 2)
  t.match(reflector.status, { missing: false, synced: false, problem: /^HTTP 404/ })
})

t.test('of several versions the first that is served is followed', async t => {
  const paths = ['/apis/example.com/v2/things', THINGS]
  const following = await follow(t, { resource: { ...THING, paths } })
  await settled(following)
  t.equal(following.server.calls('watch', THINGS).length, 1)
})

t.test('where one version cannot be converted, another is followed', async t => {
  const paths = ['/apis/example.com/v2/things', THINGS]
  const before = (server: FakeApiServer) =>
    server.script('list', '/apis/example.com/v2/things', refusal(500, 'conversion webhook failed'))
  const following = await follow(t, { resource: { ...THING, paths }, before })
  await settled(following)
  t.equal(following.server.calls('watch', THINGS).length, 1)
})

t.test('a listener that throws does not end the watch', async t => {
  const server = await FakeApiServer.start(t)
  const things = server.collection(THINGS)
  const api = createApiClient(server.access)
  const crash = () => {
    throw new Error('a fault of the listener')
  }
  const timing = { ...TIMING, ...HURRY }
  const reflector = new Reflector(THING, { api, timing, onChange: crash, onState: crash })
  t.teardown(() => reflector.stop())
  await until(() => things.watching === 1)
  things.put(thing('one'))
  await until(() => reflector.objects?.size === 1)
  await server.stop()
  await until(() => reflector.status.problem !== null)
  await server.listen()
  await until(() => reflector.status.problem === null)
})

t.test('stop ends it whatever it is doing', async t => {
  for (const before of [
    (server: FakeApiServer) => server.script('list', THINGS, silence),
    (server: FakeApiServer) => server.script('watch', THINGS, silence),
    (server: FakeApiServer) => server.script('list', THINGS, refusal(500)),
    () => {},
  ]) {
    const { reflector, server } = await follow(t, {
      before,
      timing: { retryBaseMs: 60_000, retryMaxMs: 60_000 },
    })
    await until(() => server.seen.length > 0)
    await sleep(30)
    await reflector.stop()
    const calls = server.seen.length
    await sleep(30)
    t.equal(server.seen.length, calls)
  }
})
