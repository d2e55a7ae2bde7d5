import t, { type Test } from 'tap'
import { patching, STORED, seed } from './support/changes.ts'
import { NAMESPACE } from './support/cluster.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { hyperConverged, resourceIn, settingsOf } from './support/objects.ts'
import { meetPeople, OPERATOR_USER, type Person } from './support/people.ts'
import { print } from './support/print.ts'

// A guard that is there and says nothing costs time, five seconds for each webhook that is called; it is in the way of no
// more than one that is gone.
const { cluster, guard } = await startGuardedCluster(t, {
  era: '1.19',
  users: { [OPERATOR_USER]: ['system:masters'] },
})
const { operator } = await meetPeople(cluster)
const RESOURCE = resourceIn('v1')
await seed(cluster)
// Each of those that are waited for gets an object of its own: when something else changes one meanwhile, the API server
// asks all webhooks a second time.
const APART = ['aside', 'beside']
for (const namespace of APART) {
  await cluster.must(['create', 'namespace', namespace])
  const { metadata, ...object } = hyperConverged('v1', {})
  const input = JSON.stringify({ ...object, metadata: { ...metadata, namespace } })
  await cluster.must(['create', '-f', '-'], { input })
}

const WEBHOOK_MS = 5000
// What kubectl and a busy machine add.
const MORE_MS = 4000

type Act = {
  readonly what: string
  readonly args: readonly string[]
  readonly as?: Person
  /** How many webhooks are waited for, one after the other. */
  readonly waits: number
  readonly refused?: true
}

const progress = (progressTimeout: number) => patching({ settings: { progressTimeout } })
const deployment = JSON.stringify({ spec: { deployment: { deployVmConsoleProxy: true } } })

const ACTS: readonly Act[] = [
  { what: 'a label', args: ['label', RESOURCE, 'a=b'], waits: 0 },
  { what: 'another annotation', args: ['annotate', RESOURCE, 'example.com/a=b'], waits: 0 },
  {
    what: 'another field of spec',
    ...{ args: ['patch', RESOURCE, '-n', 'aside', '--type=merge', '-p', deployment], waits: 2 },
  },
  { what: 'a setting, by the operator', args: progress(700), as: operator, waits: 1 },
  { what: 'a setting', args: [...progress(600), '-n', 'beside'], waits: 2, refused: true },
]

async function takes(act: () => ReturnType<typeof cluster.kubectl>) {
  const start = performance.now()
  return { ...(await act()), ms: performance.now() - start }
}

// Before and after, the connection is there; in between the API server finds out that nobody is.
async function answersAtOnce(t: Test) {
  const { code, stderr, ms } = await takes(() =>
    cluster.kubectl(patching({ settings: { parallelMigrationsPerCluster: 60 } })),
  )
  t.equal(code, 1)
  t.match(stderr, '[parallel-migrations-too-high]')
  t.ok(ms < WEBHOOK_MS, `${ms} ms`)
}

t.test('before', answersAtOnce)

t.test('while it hangs', async t => {
  const thaw = guard.freeze()
  t.teardown(thaw)
  const ran = []
  for (const { args, as = {}, waits } of ACTS) {
    const end = takes(() => cluster.kubectl(args, as))
    if (waits === 0) await end
    ran.push(end)
  }
  for (const [index, { what, waits, refused }] of ACTS.entries()) {
    const { code = 1, stderr = '', ms = 0 } = (await ran[index]) ?? {}
    print(`the guard hangs, ${what}: ${(ms / 1000).toFixed(1)} s`)
    t.ok(ms >= waits * WEBHOOK_MS - 100, `${what}: waits for ${waits}, ${ms} ms`)
    t.ok(ms < waits * WEBHOOK_MS + MORE_MS, `${what}: ${ms} ms`)
    t.equal(code, refused ? 1 : 0, `${what}: ${stderr}`)
    if (refused) saysSo(t, stderr)
    else t.equal(stderr, '', what)
  }
  const object = await cluster.stored(STORED)
  t.match(settingsOf(object), { progressTimeout: 700 })
  t.match(object, { metadata: { labels: { a: 'b' } } })
  const apart = await Promise.all(
    APART.map(name => cluster.stored(STORED.replace(NAMESPACE, name))),
  )
  t.match(apart[0], { spec: { deployment: { deployVmConsoleProxy: true } } })
  t.match(settingsOf(apart[1]), { progressTimeout: 150 }, 'what was refused is not stored')
})

t.test('and is called again at once when it goes on', answersAtOnce)

function saysSo(t: Test, stderr: string) {
  const url = `${guard.url}/validate/if-the-guard-is-down-see/docs/install.md?timeout=5s`
  t.equal(
    stderr,
    `Error from server (InternalError): Internal error occurred: failed calling webhook "guard.migration-guard.io": failed to call webhook: Post "${url}": context deadline exceeded\n`,
  )
}
