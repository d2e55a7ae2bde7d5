import t, { type Test } from 'tap'
import type { KubectlOptions } from '../../src/control-plane/kubectl.ts'
import { grant } from './support/accounts.ts'
import { exception, inSeconds, patching, seed } from './support/changes.ts'
import { NAMESPACE } from './support/cluster.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { letEdit } from './support/people-with-rights.ts'
import { poll } from './support/poll.ts'

// A MigrationPolicy overrides the cluster's settings for the VMs it wins: post copy becomes dangerous by a change on either
// side, and both sides are guarded.
const { cluster, guard } = await startGuardedCluster(t, {
  era: '1.19',
  users: { jane: ['editors'], rita: ['editors'] },
})
await letEdit(cluster, 'editors')
const APPROVE = { apiGroups: ['migration-guard.io'], resources: ['exceptions'], verbs: ['approve'] }
await grant(cluster, { kind: 'User', name: 'rita' }, [APPROVE])

const JANE = { user: 'jane' }
const RITA = { user: 'rita' }
const POLICIES = '/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies'
const NETWORKS = `/apis/k8s.cni.cncf.io/v1/namespaces/${NAMESPACE}/network-attachment-definitions`
const VMS = '/apis/kubevirt.io/v1/namespaces/db/virtualmachineinstances'
const UNSTABLE = 'post-copy-unstable-network'
const CRITICAL = 'post-copy-critical-data'

type Spec = Readonly<Record<string, unknown>>

const policy = (name: string, spec: Spec, annotations: Readonly<Record<string, string>> = {}) => ({
  ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
  ...{ metadata: { name, annotations }, spec: { selectors: {}, ...spec } },
})

const network = (name: string, labels: object) => ({
  ...{ apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
  ...{ metadata: { name, labels }, spec: { config: '{}' } },
})

const post = async (path: string, object: object) => {
  const { status, body } = await cluster.request('POST', path, object)
  if (status !== 201) throw new Error(JSON.stringify(body))
}

await post(NETWORKS, network('shaky', { 'migration-guard.io/network-stability': 'unstable' }))
await post(NETWORKS, network('firm', {}))
await cluster.must(['create', 'namespace', 'db'])
const OFF = { allowPostCopy: false }
const ON = { allowPostCopy: true, allowWorkloadDisruption: true }

const create = (object: object, as: KubectlOptions) =>
  cluster.kubectl(['create', '-f', '-'], { ...as, input: JSON.stringify(object) })
const change = (name: string, patch: object, as: KubectlOptions) =>
  cluster.kubectl(
    ['patch', 'migrationpolicy', name, '--type=merge', '-p', JSON.stringify(patch)],
    as,
  )
const remove = (name: string, as: KubectlOptions) =>
  cluster.kubectl(['delete', 'migrationpolicy', name], as)
const set = (settings: Spec, as: KubectlOptions = JANE) =>
  cluster.kubectl(patching({ settings }), as)
const exists = async (name: string) =>
  (await cluster.request('GET', `${POLICIES}/${name}`)).status === 200

type Ended = Awaited<ReturnType<typeof create>>

const refused = (t: Test, { code, stderr }: Ended, ...reasons: readonly (string | RegExp)[]) => {
  t.equal(code, 1, 'refused')
  for (const reason of reasons) t.match(stderr, reason)
}
const passed = (t: Test, { code, stderr }: Ended) => t.equal(code, 0, stderr)

/** The cluster as it shall be; policies go as soon as the guard knows that nothing hangs on them. */
async function given(settings: Spec, policies: readonly object[] = []): Promise<void> {
  await seed(cluster)
  for (const name of ['p', 'q']) {
    const path = `${POLICIES}/${name}`
    await poll(
      () => cluster.request('DELETE', path),
      ({ status }) => status === 404,
    )
  }
  await seed(cluster, { settings })
  for (const each of policies) await post(POLICIES, each)
}

/** What the guard has to learn from a watch first takes a moment; `act` is tried as a dry run until it ends so. */
async function known(args: readonly string[], code: number, input?: object): Promise<void> {
  const options = input ? { input: JSON.stringify(input) } : {}
  const dry = [...args, '--dry-run=server']
  await poll(
    () => cluster.kubectl(dry, options),
    ran => ran.code === code,
  )
}

t.test('a policy alone switches post copy on over an unstable network', async t => {
  await given({ network: 'shaky' })
  const bad = policy('p', { allowPostCopy: true })
  await known(['create', '-f', '-'], 1, bad)

  await t.test('created', async t => {
    refused(
      t,
      await create(bad, JANE),
      'admission webhook "policies.migration-guard.io" denied the request: nothing was changed, for 1 reason:',
      `[${UNSTABLE}] spec.allowPostCopy: MigrationPolicy p together with the cluster settings switches post copy on for the VMs it selects, and the migration network ${NAMESPACE}/shaky is flagged unstable`,
      '  fix: set allowPostCopy to false in this policy, or migrate over a stable network',
      new RegExp(`  exception: .*\\n    exception.migration-guard.io/${UNSTABLE}: '.*"policy":"p"`),
    )
    t.notOk(await exists('p'))
  })
  await t.test('changed', async t => {
    passed(t, await create(policy('p', OFF), JANE))
    refused(t, await change('p', { spec: { allowPostCopy: true } }, JANE), `[${UNSTABLE}]`)
    passed(t, await change('p', { spec: { bandwidthPerMigration: '1Gi' } }, JANE))
    passed(t, await change('p', { metadata: { labels: { a: 'b' } } }, JANE))
  })
  await t.test('switched off by its own timeout', async t => {
    const off = { allowPostCopy: true, completionTimeoutPerGiB: 0 }
    passed(t, await change('p', { spec: off }, JANE))
    refused(t, await change('p', { spec: { completionTimeoutPerGiB: 10 } }, JANE), `[${UNSTABLE}]`)
    passed(t, await remove('p', JANE))
  })
  await t.test('every decision is recorded', async t => {
    const kinds = guard.records().filter(({ name }) => name === 'p')
    t.match(kinds.at(-1), { operation: 'DELETE', webhook: 'validate', outcome: 'allowed' })
  })
})

t.test(
  'on a stable network the same policy passes, and then the network cannot be moved under it',
  async t => {
    await given({ network: 'firm' })
    const useful = policy('p', { allowPostCopy: true })
    await known(['create', '-f', '-'], 0, useful)
    passed(t, await create(useful, JANE))
    const move = { network: 'shaky' }
    await known(patching({ settings: move }), 1)
    refused(
      t,
      await set(move),
      'admission webhook "guard.migration-guard.io" denied the request: ',
      `[${UNSTABLE}] spec.virtualization.liveMigrationConfig.allowPostCopy: MigrationPolicy p together with the cluster settings switches post copy on`,
      '  fix: set allowPostCopy to false in MigrationPolicy p, or set network to a stable',
    )
    passed(t, await set({ progressTimeout: 600 }))
    passed(t, await change('p', { spec: OFF }, JANE))
    await known(patching({ settings: move }), 0)
    passed(t, await set(move))
  },
)

t.test('post copy that sleeps in the cluster settings is woken by neither side', async t => {
  await given({ network: 'shaky', allowPostCopy: true, completionTimeoutPerGiB: 0 })
  const wakes = policy('p', { allowWorkloadDisruption: true, completionTimeoutPerGiB: 20 })
  await known(['create', '-f', '-'], 1, wakes)
  refused(t, await create(wakes, JANE), `[${UNSTABLE}]`)
  passed(t, await create(policy('p', { completionTimeoutPerGiB: 20 }), JANE))
  const disrupt = { allowWorkloadDisruption: true }
  await known(patching({ settings: disrupt }), 1)
  refused(t, await set(disrupt), 'MigrationPolicy p together with the cluster settings')
})

const VM = {
  ...{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance' },
  metadata: { name: 'ledger', labels: { 'migration-guard.io/data': 'critical', app: 'ledger' } },
  ...{ spec: {}, status: { phase: 'Running' } },
}
const PROTECTS = { selectors: { virtualMachineInstanceSelector: { app: 'ledger' } }, ...OFF }

t.test('a policy that protects a critical VM', async t => {
  await given({}, [policy('p', PROTECTS)])
  await post(VMS, VM)
  const closer = { app: 'ledger', 'migration-guard.io/data': 'critical' }
  const rival = policy('q', { selectors: { virtualMachineInstanceSelector: closer }, ...ON })
  await known(['create', '-f', '-'], 1, rival)

  await t.test('makes post copy safe for the cluster', async t => {
    await known(patching({ settings: ON }), 0)
    passed(t, await set(ON))
  })
  await t.test('cannot be deleted, loosened or pointed elsewhere', async t => {
    await known(['delete', 'migrationpolicy', 'p'], 1)
    refused(
      t,
      await remove('p', JANE),
      `[${CRITICAL}]`,
      'a critical VM runs (db/ledger), and post copy is on',
    )
    t.ok(await exists('p'))
    // The API server names the object of such a request in the old object alone.
    const collection = `${POLICIES}?fieldSelector=metadata.name%3Dp`
    const together = await cluster.kubectl(['delete', '--raw', collection], JANE)
    refused(t, together, `[${CRITICAL}]`)
    t.ok(await exists('p'), 'nor together with others')
    refused(t, await change('p', { spec: { allowPostCopy: true } }, JANE), `[${CRITICAL}]`)
    const elsewhere = { selectors: { virtualMachineInstanceSelector: { app: 'other' } } }
    refused(t, await change('p', { spec: elsewhere }, JANE), `[${CRITICAL}] spec: `)
  })
  await t.test('cannot be outdone by one that fits closer', async t => {
    refused(t, await create(rival, JANE), 'MigrationPolicy q wins for it and leaves post copy on')
  })
  await t.test('can be deleted under an exception that somebody approved', async t => {
    const terms = { reason: 'the ledger moves tonight', expires: inSeconds(86_400) }
    const annotations = exception(CRITICAL, { ...terms, bound: { network: '(pod network)' } })
    const unapproved = `jane adds an exception to ${CRITICAL}, which needs approval: no role grants`
    refused(t, await change('p', { metadata: { annotations } }, JANE), unapproved)
    passed(t, await change('p', { metadata: { annotations } }, RITA))
    const ended = await remove('p', JANE)
    passed(t, ended)
    t.match(ended.stderr, 'Warning: allowed by exception until ')
    t.match(guard.records().at(-1), { operation: 'DELETE', outcome: 'allowed-by-exception' })
  })
})

t.test(
  'without a policy that protects it, the critical VM is in the way of the cluster',
  async t => {
    await given({})
    await known(patching({ settings: ON }), 1)
    refused(t, await set(ON), `[${CRITICAL}]`, 'first protect these VMs with a MigrationPolicy')
    passed(t, await create(policy('p', PROTECTS), JANE))
    await known(patching({ settings: ON }), 0)
    passed(t, await set(ON))
    await cluster.request('DELETE', `${VMS}/ledger`)
  },
)

t.test('an exception on a policy covers that policy and no other', async t => {
  await given({ network: 'shaky' })
  const bad = { allowPostCopy: true }
  await known(['create', '-f', '-'], 1, policy('q', bad))
  const terms = { reason: 'trial on two nodes only', expires: inSeconds(86_400) }
  const bound = { network: `${NAMESPACE}/shaky`, policy: 'p' }
  const excused = exception(UNSTABLE, { ...terms, bound })
  refused(
    t,
    await create(policy('p', bad, excused), JANE),
    '[exception-unauthorised]',
    `[${UNSTABLE}]`,
  )
  refused(t, await create(policy('q', bad, excused), RITA), `[${UNSTABLE}]`)
  passed(t, await create(policy('p', bad, excused), RITA))
  passed(t, await change('p', { spec: OFF }, JANE))
  passed(t, await change('p', { spec: bad }, JANE))
  const gone = { metadata: { annotations: null } }
  refused(t, await change('p', gone, JANE), `[${UNSTABLE}]`)
  passed(t, await change('p', { ...gone, spec: OFF }, JANE))
})
