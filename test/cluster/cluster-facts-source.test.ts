import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { at } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { FakeApiServer } from './support/fake-api-server.ts'
import { named, openFacts, PATHS, type Place, put } from './support/fake-cluster.ts'
import { until } from './support/hurry.ts'
import { refusal, text } from './support/replies.ts'

const CRITICAL = { 'migration-guard.io/data': 'critical' }
const UNSTABLE = { 'migration-guard.io/network-stability': 'unstable' }

const definition = {
  metadata: { name: 'hyperconvergeds.hco.kubevirt.io' },
  spec: {
    group: 'hco.kubevirt.io',
    versions: [
      {
        name: 'v1',
        schema: {
          openAPIV3Schema: {
            properties: {
              spec: {
                properties: {
                  virtualization: {
                    properties: {
                      liveMigrationConfig: { properties: { progressTimeout: { default: 150 } } },
                    },
                  },
                },
              },
            },
          },
        },
      },
    ],
  },
}

const hyperConverged = (namespace: string, heartbeat = 1) => ({
  apiVersion: 'hco.kubevirt.io/v1',
  kind: 'HyperConverged',
  metadata: {
    name: 'kubevirt-hyperconverged',
    namespace,
    annotations: { 'migration-guard.io/data': 'critical' },
    managedFields: [{ manager: 'hco', time: heartbeat }],
  },
  spec: { virtualization: { liveMigrationConfig: { allowPostCopy: true } } },
  status: { versions: [{ name: 'operator', version: '1.20.0' }], heartbeat },
})

function seed(server: FakeApiServer): void {
  put(server, 'definitions', definition)
  put(server, 'definitions', { metadata: { name: 'others.example.com' } })
  put(server, 'hyperConvergeds', hyperConverged('elsewhere'))
  put(server, 'hyperConvergeds', hyperConverged('openshift-cnv'))
  put(server, 'networks', named('openshift-cnv/migration', UNSTABLE))
  put(server, 'networks', named('openshift-cnv/other'))
  put(server, 'namespaces', named('db', CRITICAL))
  put(server, 'namespaces', named('web', {}))
  put(server, 'virtualMachines', named('db/pg', { app: 'pg' }))
  put(server, 'virtualMachines', named('web/front', { 'migration-guard.io/workload': 'heavy' }))
  put(server, 'policies', {
    metadata: { name: 'fast' },
    spec: { selectors: { namespaceSelector: CRITICAL }, allowPostCopy: true },
  })
}

t.test('all kinds together are the facts', async t => {
  const { source } = await openFacts(t, { seed })
  t.equal(source.current().synced, false)
  await until(() => source.current().synced)
  const facts = source.facts(DEFAULT_POLICY)
  t.match(facts, {
    source: 'cluster',
    namespace: 'openshift-cnv',
    hyperConverged: { metadata: { namespace: 'openshift-cnv' } },
    stock: { v1: { defaults: { progressTimeout: 150 } } },
    workloads: {
      known: true,
      total: 2,
      heavy: { count: 1, examples: ['web/front'] },
      critical: [{ name: 'db/pg', labels: { app: 'pg' }, namespaceLabels: CRITICAL }],
    },
    migrationPolicies: [{ name: 'fast', settings: { allowPostCopy: true } }],
    criticalGroups: [{ id: 'fast', count: 1 }],
  })
  t.same(
    [...(facts.networks as Map<string, string>)],
    [
      ['openshift-cnv/migration', 'unstable'],
      ['openshift-cnv/other', 'unmarked'],
    ],
  )
  t.same(
    source.status().map(({ kind, objects, synced }) => [kind, objects, synced]),
    [
      ['CustomResourceDefinition', 1, true],
      ['HyperConverged', 2, true],
      ['NetworkAttachmentDefinition', 2, true],
      ['Namespace', 2, true],
      ['VirtualMachineInstance', 2, true],
      ['MigrationPolicy', 1, true],
    ],
  )
  t.match(source.detail(), /^the cluster is known as of \d+ s ago$/)
})

for (const [name, place, object, seen] of [
  [
    'a network that is flagged',
    'networks',
    named('openshift-cnv/other', UNSTABLE),
    ({ networks }) => networks instanceof Map && networks.get('openshift-cnv/other') === 'unstable',
  ],
  [
    'a VM that starts with critical data',
    'virtualMachines',
    named('web/db', CRITICAL),
    ({ workloads }) => workloads.critical.length === 2,
  ],
  [
    'a namespace that becomes critical',
    'namespaces',
    named('web', CRITICAL),
    ({ workloads }) => workloads.critical.length === 2,
  ],
  [
    'a MigrationPolicy that appears',
    'policies',
    { metadata: { name: 'slow' }, spec: { allowPostCopy: false } },
    ({ migrationPolicies }) => migrationPolicies.length === 2,
  ],
  [
    'a HyperConverged that changes',
    'hyperConvergeds',
    { ...hyperConverged('openshift-cnv'), spec: { changed: true } },
    ({ hyperConverged }) => at(hyperConverged, ['spec', 'changed']) === true,
  ],
] as readonly [string, Place, object, (facts: Facts) => boolean][])
  t.test(`${name} is honoured within a second`, async t => {
    const { server, source } = await openFacts(t, { seed })
    await until(() => source.current().synced)
    await until(() => server.collection(PATHS[place]).watching === 1)
    const start = performance.now()
    put(server, place, object as Record<string, unknown>)
    await until(() => seen(source.current()))
    const waited = performance.now() - start
    t.ok(waited < 1000, `${waited} ms`)
  })

type Facts = ReturnType<Awaited<ReturnType<typeof openFacts>>['source']['current']>

t.test(
  'a HyperConverged of another name or namespace is not taken for the one that is served',
  async t => {
    const other = (namespace: string, name: string) => {
      const object = hyperConverged(namespace)
      return { ...object, metadata: { ...object.metadata, name } }
    }
    const { server, source } = await openFacts(t, {
      seed: server => put(server, 'hyperConvergeds', other('openshift-cnv', 'a-first')),
    })
    await until(() => source.current().synced)
    t.equal(source.current().hyperConverged, null)
    const servedIn = (namespace: string) => () => source.current().namespace === namespace
    await until(() => server.collection(PATHS.hyperConvergeds).watching === 1)
    put(server, 'hyperConvergeds', hyperConverged('kubevirt-hyperconverged'))
    await until(servedIn('kubevirt-hyperconverged'))
    put(server, 'hyperConvergeds', hyperConverged('openshift-cnv'))
    await until(servedIn('openshift-cnv'))
  },
)

t.test('facts are the same value until something changes, and stay as they were after', async t => {
  const { server, source } = await openFacts(t, { seed })
  await until(() => source.current().synced)
  await until(() => server.collection(PATHS.networks).watching === 1)
  const before = source.facts(DEFAULT_POLICY)
  t.equal(source.facts(DEFAULT_POLICY), before)
  put(server, 'hyperConvergeds', hyperConverged('openshift-cnv', 2))
  put(server, 'networks', named('openshift-cnv/third'))
  await until(() => source.current() !== before)
  t.equal((before.networks as Map<string, string>).size, 2)
  t.equal((source.current().networks as Map<string, string>).size, 3)
})

t.test('a heartbeat in the status of the HyperConverged is no change', async t => {
  const { server, source } = await openFacts(t, { seed })
  await until(() => source.current().synced)
  await until(() => server.collection(PATHS.hyperConvergeds).watching === 1)
  await until(() => !source.detail().includes('waiting'))
  let changes = 0
  source.onChange(() => changes++)
  put(server, 'hyperConvergeds', hyperConverged('openshift-cnv', 2))
  put(server, 'hyperConvergeds', { ...hyperConverged('openshift-cnv', 3), spec: {} })
  await until(() => changes > 0)
  t.same(source.current().hyperConverged?.spec, {})
  t.equal(changes, 1)
})

t.test('another policy gives other facts at once', async t => {
  const { source } = await openFacts(t, {
    seed: server => {
      seed(server)
      put(server, 'virtualMachines', {
        metadata: {
          name: 'big',
          namespace: 'web',
          annotations: { 'kubevirt.io/cluster-instancetype-name': 'x9.huge' },
        },
      })
    },
  })
  await until(() => source.current().synced)
  t.equal(source.facts(DEFAULT_POLICY).workloads.heavy.count, 1)
  const stricter = { ...DEFAULT_POLICY, heavy: { instancetypes: ['x9.*'] } }
  t.equal(source.facts(stricter).workloads.heavy.count, 2)
  t.equal(source.current().workloads.heavy.count, 2)
  t.equal(source.facts(DEFAULT_POLICY).workloads.heavy.count, 1)
})

t.test('a burst of events is a handful of surveys', async t => {
  const { server, source } = await openFacts(t, { seed })
  await until(() => source.current().synced)
  await until(() => server.collection(PATHS.virtualMachines).watching === 1)
  let changes = 0
  source.onChange(() => changes++)
  for (let number = 0; number < 500; number++)
    put(server, 'virtualMachines', named(`web/vm-${number}`))
  await until(() => source.current().workloads.total === 502)
  t.ok(changes < 50, `${changes} surveys`)
})

t.test('a listener hears of changes until it does not want to', async t => {
  const { server, source } = await openFacts(t, { seed })
  await until(() => source.current().synced)
  await until(() => server.collection(PATHS.networks).watching === 1)
  const heard: Facts[] = []
  const forget = source.onChange(facts => heard.push(facts))
  put(server, 'networks', named('openshift-cnv/third'))
  await until(() => heard.length === 1)
  t.equal(heard[0], source.current())
  forget()
  put(server, 'networks', named('openshift-cnv/fourth'))
  await until(() => (source.current().networks as Map<string, string>).size === 4)
  t.equal(heard.length, 1)
})

t.test('facts that cannot be drawn do not pass for current ones', async t => {
  const { server, source, lines } = await openFacts(t, { seed })
  await until(() => source.current().synced)
  await until(() => server.collection(PATHS.networks).watching === 1)
  const forget = source.onChange(() => {
    throw new Error('a fault of ours')
  })
  put(server, 'networks', named('openshift-cnv/third'))
  await until(() => !source.current().synced)
  t.equal(source.detail(), 'the facts cannot be drawn: a fault of ours')
  t.ok(lines.includes(source.detail()))
  forget()
  put(server, 'networks', named('openshift-cnv/fourth'))
  await until(() => source.current().synced)
})

t.test('until a kind has answered, nothing is ready, and the reason is told', async t => {
  const forbidden = refusal(403, 'namespaces is forbidden')
  const { source, lines } = await openFacts(t, {
    seed: server => server.script('list', PATHS.namespaces, ...Array(20).fill(forbidden)),
  })
  const others = () => source.status().filter(({ synced }) => synced).length === 5
  await until(others)
  t.equal(source.current().synced, false)
  t.equal(source.current().asOf, null)
  t.equal(source.detail(), 'waiting for Namespace (HTTP 403: namespaces is forbidden)')
  await until(() => lines.includes('Namespace is followed'))
  await until(() => source.current().synced)
  t.same(
    lines.filter(line => line.startsWith('Namespace')),
    [
      'Namespace is not followed at the moment: HTTP 403: namespaces is forbidden',
      'Namespace is followed',
    ],
  )
})

t.test(
  'without Multus and KubeVirt the cluster is known, and what is missing is found later',
  async t => {
    const without: Place[] = ['networks', 'virtualMachines', 'policies', 'hyperConvergeds']
    const { server, source } = await openFacts(t, { without })
    await until(() => source.current().synced)
    t.match(source.current(), { networks: 'missing', workloads: { known: false, total: 0 } })
    t.match(
      source.detail(),
      /not installed: HyperConverged, NetworkAttachmentDefinition, VirtualMachineInstance, MigrationPolicy$/,
    )
    put(server, 'networks', named('openshift-cnv/migration', UNSTABLE))
    await until(() => source.current().networks instanceof Map)
    t.equal(source.current().synced, true)
  },
)

t.test('what is missing is looked for at once when the CRD of HCO appears', async t => {
  const timing = { missingRetryMs: 60_000 }
  const { server, source } = await openFacts(t, { without: ['virtualMachines'], timing })
  await until(() => source.current().synced)
  await until(() => server.collection(PATHS.definitions).watching === 1)
  put(server, 'virtualMachines', named('web/front'))
  put(server, 'definitions', definition)
  await until(() => source.current().workloads.total === 1)
})

t.test('when one kind answers again, the others do not sit out their waits', async t => {
  const { source } = await openFacts(t, {
    timing: { retryBaseMs: 60_000, retryMaxMs: 60_000 },
    seed: server => {
      server.script('list', PATHS.networks, refusal(429, '', { 'retry-after': '0.2' }))
      server.script('list', PATHS.namespaces, refusal(500))
    },
  })
  await until(() => source.status().filter(({ problem }) => problem !== null).length === 2)
  t.equal(source.current().synced, false)
  await until(() => source.current().synced)
})

t.test('kinds that come and go do not wake each other without end', async t => {
  const broken = text('{"type":"ERROR","object":{"code":500}}\n')
  const { server, source } = await openFacts(t, {
    timing: { retryBaseMs: 60_000, retryMaxMs: 60_000 },
    seed: server => {
      for (const path of Object.values(PATHS))
        server.script('watch', path, ...Array(99).fill(broken))
    },
  })
  await until(() => source.status().every(({ problem }) => problem !== null))
  await sleep(200)
  t.ok(server.seen.length < 40, `${server.seen.length} calls`)
})

t.test('losing the API server changes nothing but the age', async t => {
  let now = 1_000_000
  const { server, source } = await openFacts(t, { seed, timing: { now: () => now } })
  await until(() => source.current().synced)
  await until(() => Object.values(PATHS).every(path => server.collection(path).watching === 1))
  const before = source.current()
  t.equal(before.asOf, 1_000_000)
  await server.stop()
  await until(() => source.status().every(({ problem }) => problem !== null))
  now += 400_000
  t.strictSame(source.current(), before)
  t.match(source.detail(), /^the cluster is known as of 400 s ago; not followed: Custom.*, Migr/)
  await server.listen()
  await until(() => source.current().asOf === now)
  const { asOf: _, ...after } = source.current()
  t.match(before, after)
  await until(() => source.detail() === 'the cluster is known as of 0 s ago')
})

t.test(
  'the age moves in steps, so that a quiet cluster does not make new values all the time',
  async t => {
    let now = 1_000_000
    const { server, source } = await openFacts(t, { seed, timing: { now: () => now } })
    await until(() => source.current().synced)
    await until(() => Object.values(PATHS).every(path => server.collection(path).watching === 1))
    const bookmarks = () => Object.values(PATHS).map(path => server.collection(path).bookmark())
    const before = source.current()
    now += 10_000
    bookmarks()
    await until(() => source.status().every(({ lastEvent }) => lastEvent === now))
    t.equal(source.current(), before)
    now += 10_000
    bookmarks()
    await until(() => source.status().every(({ lastEvent }) => lastEvent === now))
    t.equal(source.current().asOf, now)
    t.equal(source.current(), source.current())
  },
)

t.test('the age is the one of the kind that has been silent longest', async t => {
  let now = 1_000_000
  const { server, source } = await openFacts(t, { seed, timing: { now: () => now } })
  await until(() => source.current().synced)
  await until(() => Object.values(PATHS).every(path => server.collection(path).watching === 1))
  now += 100_000
  for (const path of Object.values(PATHS))
    if (path !== PATHS.networks) server.collection(path).bookmark()
  await until(() => source.status().filter(({ lastEvent }) => lastEvent === now).length === 5)
  t.equal(source.current().asOf, 1_000_000)
})
