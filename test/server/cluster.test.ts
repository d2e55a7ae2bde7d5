import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { type MetricSample, parseSamples, sumOf } from '../../src/control-plane/metric-samples.ts'
import { named, PATHS, put, startCluster } from '../cluster/support/fake-cluster.ts'
import { refusal } from '../cluster/support/replies.ts'
import { exceptionText, hyperConverged, migrationPolicy } from '../support/review.ts'
import { ask } from './support/ask.ts'
import { CA, serve, type TestGuard, tlsDir } from './support/guard.ts'
import { kubeconfigIn } from './support/kubeconfig.ts'
import { recordsIn } from './support/records.ts'
import { responseIn } from './support/response.ts'
import { updateReview } from './support/review.ts'
import { until } from './support/until.ts'

const KINDS = [
  'CustomResourceDefinition',
  'HyperConverged',
  'MigrationPolicy',
  'Namespace',
  'NetworkAttachmentDefinition',
  'VirtualMachineInstance',
]

/** A guard that watches a cluster of a test, by a clock that the test moves. */
async function watching(t: Test, { seed = (_: Server) => {}, wait = true } = {}) {
  const server = await startCluster(t, ['networks'])
  seed(server)
  const dir = tlsDir(t)
  const clock = { ahead: 0 }
  const guard = await serve(
    t,
    { cluster: 'kubeconfig', kubeconfig: kubeconfigIn(dir, server.url) },
    dir,
    { now: () => Date.now() + clock.ahead },
  )
  if (wait) await until(async () => (await fetch(`${opsUrl(guard)}/readyz`)).ok)
  return { server, guard, clock }
}

type Server = Awaited<ReturnType<typeof startCluster>>

function opsUrl({ opsPort }: TestGuard): string {
  return `http://127.0.0.1:${opsPort}`
}

async function scrape(guard: TestGuard): Promise<readonly MetricSample[]> {
  return parseSamples(await (await fetch(`${opsUrl(guard)}/metrics`)).text())
}

function byKind(
  samples: readonly MetricSample[],
  metric: string,
): Readonly<Record<string, number>> {
  const found = samples.filter(({ name }) => name === `migration_guard_${metric}`)
  return Object.fromEntries(found.map(({ labels, value }) => [labels.kind, value]))
}

t.test('metrics tell how far each kind is known', async t => {
  const { server, guard } = await watching(t, {
    seed: server => {
      put(server, 'virtualMachines', named('db/pg'))
      put(server, 'virtualMachines', named('db/ora'))
    },
  })
  const samples = await scrape(guard)
  const each = (value: number) => Object.fromEntries(KINDS.map(kind => [kind, value]))
  t.same(byKind(samples, 'facts_synced'), each(1), 'that there is no Multus is known, too')
  t.same(byKind(samples, 'facts_objects'), { ...each(0), VirtualMachineInstance: 2 })
  t.same(byKind(samples, 'facts_relists_total'), each(0))
  for (const [kind, age] of Object.entries(byKind(samples, 'facts_age_seconds')))
    t.ok(age >= 0 && age < 30, `${kind}: ${age} s`)
  const { virtualMachines } = PATHS
  await until(() => server.collection(virtualMachines).watching === 1)
  server.collection(virtualMachines).compact()
  server.collection(virtualMachines).end()
  await until(async () => byKind(await scrape(guard), 'facts_relists_total')[VMI] === 1)
})

const VMI = 'VirtualMachineInstance'

t.test('a kind that does not answer is the one that is not known, and has no age', async t => {
  const { guard } = await watching(t, {
    wait: false,
    seed: server =>
      server.script('list', PATHS.namespaces, ...Array(50).fill(refusal(403, 'forbidden'))),
  })
  const others = async () => sumOf(await scrape(guard), 'migration_guard_facts_synced') === 5
  await until(others)
  const samples = await scrape(guard)
  t.equal(byKind(samples, 'facts_synced').Namespace, 0)
  t.notOk('Namespace' in byKind(samples, 'facts_age_seconds'))
})

t.test('without a cluster the kinds are the same, and what a file holds is counted', async t => {
  const dir = tlsDir(t)
  const plain = await scrape(await serve(t, {}, dir))
  for (const metric of ['facts_synced', 'facts_age_seconds', 'facts_objects'])
    t.same(Object.keys(byKind(plain, metric)).toSorted(), KINDS, metric)
  const facts = new URL('../../examples/manifests/facts.yaml', import.meta.url).pathname
  const samples = await scrape(await serve(t, { facts, auditFile: `${dir}/other.jsonl` }, dir))
  t.match(byKind(samples, 'facts_objects'), { NetworkAttachmentDefinition: /^[1-9]/ })
})

t.test(
  'six minutes after the API server has gone, every answer says how old the facts are',
  async t => {
    const { server, guard, clock } = await watching(t)
    const warnings = async (path: string) => {
      const body = updateReview({}, { parallelMigrationsPerCluster: 4 })
      return responseIn((await ask(guard.port, CA, { path, body })).text).warnings ?? []
    }
    const STALE = /is 6 minutes old: the API server has not answered since/
    t.notMatch((await warnings('/validate')).join(), STALE)
    const ready = async () => (await fetch(`${opsUrl(guard)}/readyz?verbose`)).text()
    await server.stop()
    await until(async () => (await ready()).includes('not followed: '))
    clock.ahead = 6 * 60_000 + 1000
    for (const path of ['/validate', '/advise']) t.match((await warnings(path)).join(), STALE, path)
    t.match(await ready(), /facts ok: the cluster is known as of 36\d s ago; .*not followed: /)
    for (const age of Object.values(byKind(await scrape(guard), 'facts_age_seconds')))
      t.ok(age > 360, `${age} s`)
    const decisions = recordsIn(guard.auditFile).filter(({ type }) => type === 'decision')
    const [before, after] = [decisions.at(0), decisions.at(-1)]
    t.equal(after?.factsHash, before?.factsHash, 'they are the same facts')
    const age = Date.parse(String(after?.time)) - Date.parse(String(after?.factsAsOf))
    t.ok(age > 360_000 && age < 400_000, `and are recorded as ${age} ms old`)
  },
)

t.test('exceptions count wherever they stand, and only as long as they hold', async t => {
  const { server, guard, clock } = await watching(t, {
    seed: server => {
      const rule = (name: string) => `exception.migration-guard.io/${name}`
      const ends = (hours: number) =>
        exceptionText({ expires: new Date(Date.now() + hours * 3600_000).toISOString() })
      const policy = (name: string, annotations: Record<string, string>) =>
        put(server, 'policies', migrationPolicy(name, {}, annotations))
      policy('a', { [rule('post-copy-critical-data')]: ends(24) })
      policy('b', { [rule('post-copy-critical-data')]: ends(200), [rule('none')]: ends(24) })
      policy('c', { [rule('post-copy-unstable-network')]: ends(-1) })
      policy('d', { [rule('post-copy-unstable-network')]: ends(24).padEnd(3000) })
      const annotations = { [rule('parallel-migrations-too-high')]: ends(200) }
      put(server, 'hyperConvergeds', hyperConverged({}, annotations))
    },
  })
  const counted = async () => {
    const samples = await scrape(guard)
    return ['active', 'expiring'].map(state =>
      sumOf(samples, `migration_guard_exceptions_${state}`),
    )
  }
  t.same(await counted(), [3, 1])
  await until(() => server.collection(PATHS.policies).watching === 1)
  server.collection(PATHS.policies).delete('b')
  await until(async () => (await counted())[0] === 2)
  clock.ahead = 48 * 3600_000
  t.same(await counted(), [1, 0])
})

t.test('every metric stands on its page, and nothing else does', async t => {
  const { guard } = await watching(t)
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8')
  const text = await (await fetch(`${opsUrl(guard)}/metrics`)).text()
  const served = [...text.matchAll(/^# TYPE (migration_guard_\w+)/gm)].map(([, name]) => name)
  const told = [...page.matchAll(/^\| `(migration_guard_\w+)`/gm)].map(([, name]) => name)
  t.same(told.toSorted(), served.toSorted())
})

t.test(
  'where --cluster auto finds none, the log says what is unknown and how to mean it',
  async t => {
    const dir = tlsDir(t)
    const warned = ({ stderr }: TestGuard) =>
      stderr()
        .split('\n')
        .filter(line => line.includes('no cluster was found'))
        .join('\n')
    const found = await serve(t, { cluster: 'auto' }, dir)
    t.match(
      warned(found),
      /"level":"warn".*networks, VMs, MigrationPolicies and the CRD are unknown/,
    )
    t.match(warned(found), /nobody may approve exceptions\. .*say --cluster none/)
    const detail = async (guard: TestGuard) =>
      /facts ok: (.*)\n/.exec(await (await fetch(`${opsUrl(guard)}/readyz?verbose`)).text())?.[1]
    t.equal(await detail(found), 'no cluster is watched (--cluster auto found none)')
    const meant = await serve(t, { auditFile: `${dir}/none.jsonl`, approver: ['bob'] }, dir)
    t.equal(warned(meant), '')
    t.equal(await detail(meant), 'no cluster is watched (--cluster none)')
    const facts = new URL('../../examples/manifests/facts.yaml', import.meta.url).pathname
    const some = {
      cluster: 'auto',
      facts,
      approver: ['bob'],
      auditFile: `${dir}/facts.jsonl`,
    } as const
    const read = await serve(t, some, dir)
    t.match(warned(read), `is known than ${facts} holds, and nobody but the named approvers`)
    t.match(await detail(read), `(--cluster auto found none); read once from --facts ${facts}`)
  },
)
