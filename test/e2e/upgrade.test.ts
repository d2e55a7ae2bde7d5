import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { bring, patch, type Settings, withSettings } from './support/clients.ts'
import { kubectlEdit } from './support/edit.ts'
import { type Decided, decisions, startGuarded } from './support/guarded.ts'
import { resourceIn, settingsOf } from './support/objects.ts'
import { meetPeople, OPERATOR_USER } from './support/people.ts'
import { until } from './support/until.ts'

// HCO is upgraded under a stored object while the guard goes on running.
const { cluster, guard, stored, clear } = await startGuarded(t, '1.18')
const people = await meetPeople(cluster)

const VERSIONS = ['v1beta1', 'v1'] as const
type Version = (typeof VERSIONS)[number]
const PATHS = { v1beta1: 'spec.liveMigrationConfig', v1: 'spec.virtualization.liveMigrationConfig' }

const set = (version: Version, settings: Settings, ...more: string[]) =>
  patch(cluster, version, 'merge', { spec: withSettings(version, settings).spec }, ...more)
const other = (version: Version, evictionStrategy: string) => {
  const fields = { evictionStrategy }
  const spec = version === 'v1' ? { virtualization: fields } : fields
  return patch(cluster, version, 'merge', { spec })
}

/** A change, and what is decided of it; where a field is named, it is the one of the request's version. */
const CHANGES: readonly { readonly settings: Settings; readonly decided: object }[] = [
  {
    settings: { parallelMigrationsPerCluster: 60 },
    decided: { outcome: 'denied', rules: ['parallel-migrations-too-high deny'], filled: {} },
  },
  {
    settings: { progressTimeout: -1 },
    decided: { outcome: 'denied', rules: ['invalid-value deny'], filled: {} },
  },
  {
    settings: { progressTimeout: 60 },
    decided: { outcome: 'allowed', rules: ['progress-timeout-low warn'], filled: {} },
  },
  {
    settings: { bandwidthPerMigration: null },
    // Filled again, it is what it was, so there is nothing left to judge.
    decided: { outcome: undefined, rules: [], filled: { bandwidthPerMigration: '0Mi' } },
  },
]

// Up to 1.13 the default was 800; whoever was upgraded has it in etcd, where nothing tells it from somebody's wish.
t.test(
  'the upgrade of the CRD from 1.9 to 1.14 under an object with the default of before',
  async t => {
    await clear()
    await cluster.upgrade('1.9')
    await until('the guard knows the default of 1.9', fills800)
    const manifest = withSettings('v1beta1', { progressTimeout: 600 })
    // As it was made before there was a guard.
    const input = JSON.stringify(manifest)
    await cluster.must(['create', '-f', '-'], { ...people.operator, input })
    await cluster.upgrade('1.14')
    await until('the guard knows that 800 is no default any more', async () => !(await fills800()))
    t.match(settingsOf(await stored()), { completionTimeoutPerGiB: 800, progressTimeout: 600 })

    const changes = {
      'a setting': () => set('v1beta1', { parallelMigrationsPerCluster: 4 }),
      'an edit': () =>
        kubectlEdit(
          cluster,
          [resourceIn('v1beta1')],
          [['progressTimeout: 600', 'progressTimeout: 700']],
        ),
      'a declaration of heavy workloads': () =>
        cluster.kubectl([
          'annotate',
          resourceIn('v1beta1'),
          'migration-guard.io/workload-profile=heavy',
        ]),
    }
    for (const [what, act] of Object.entries(changes)) {
      const { code, stderr } = await act()
      t.equal(code, 0, `${what}: ${stderr}`)
      t.match(stderr, WARNED, what)
      t.match(settingsOf(await stored()), { completionTimeoutPerGiB: 800 }, `${what}: never filled`)
      t.notMatch(decisions(guard, 'mutate').at(-1)?.filled, { completionTimeoutPerGiB: /./ }, what)
    }
    const other = await patch(cluster, 'v1beta1', 'merge', { spec: { evictionStrategy: 'None' } })
    t.equal(other.code, 0, other.stderr)
    t.match(settingsOf(await stored()), { completionTimeoutPerGiB: 800 })
  },
)

const WARNED =
  /^Warning: \[completion-timeout-long\] spec\.liveMigrationConfig\.completionTimeoutPerGiB is 800: .*800 was the default up to HCO 1\.13\./m

/** Whether the guard takes 800 in a new object for the default, and fills over it; nothing is stored. */
async function fills800(): Promise<boolean> {
  const probe = withSettings('v1beta1', { completionTimeoutPerGiB: 800 })
  const object = { ...probe, metadata: { ...probe.metadata, name: 'probe' } }
  const path = `/apis/hco.kubevirt.io/v1beta1/namespaces/${probe.metadata.namespace}/hyperconvergeds`
  const { body } = await cluster.request('POST', `${path}?dryRun=All`, object)
  return (settingsOf(body) as Settings).completionTimeoutPerGiB !== 800
}

t.test('HCO 1.18: the same decision in both versions, stored in v1beta1', async t => {
  await clear()
  await cluster.upgrade('1.18')
  await decideAlike(t)
})

t.test('the upgrade of the CRD to 1.19 under a stored object', async t => {
  await clear()
  const manifest = withSettings('v1beta1', { progressTimeout: 600 })
  t.equal((await bring(cluster, ['apply'], manifest)).code, 0)
  const before = await stored()
  t.match(settingsOf(before), { completionTimeoutPerGiB: 150 })
  await cluster.upgrade('1.19')
  await untilKnown()
  t.strictSame(await stored(), before)

  await t.test('other changes pass, and fill nothing', async t => {
    const { code, stderr } = await other('v1', 'LiveMigrate')
    t.same({ code, stderr }, { code: 0, stderr: '' })
    t.match(settingsOf(await stored()), { completionTimeoutPerGiB: 150, progressTimeout: 600 })
    t.match(await stored(), { apiVersion: 'hco.kubevirt.io/v1' })
  })
  await t.test('the operator brings the settings to the new default', rewrites)
  await t.test('it is not rewritten back', t => staysRewritten(t, manifest))
})

t.test('HCO 1.19: the same decision in both versions, stored in v1', t => decideAlike(t))

async function rewrites(t: Test) {
  const heard = guard.records().length
  const old = settingsOf(await stored()) as Settings
  const spec = withSettings('v1', { completionTimeoutPerGiB: 20 }).spec
  const args = ['patch', 'hyperconverged', 'kubevirt-hyperconverged', '--type=merge']
  const written = await cluster.kubectl([...args, '-p', JSON.stringify({ spec })], people.operator)
  t.equal(written.code, 0, written.stderr)
  const now = { ...old, completionTimeoutPerGiB: 20 }
  t.strictSame(settingsOf(await stored()), now)
  const records = guard
    .records()
    .slice(heard)
    .filter(({ type }) => type === 'decision')
  t.match(records, [
    {
      ...{ webhook: 'advise', outcome: 'allowed', allowed: true, filled: {} },
      user: { username: OPERATOR_USER },
      ...{ before: { settings: old }, after: { settings: now } },
    },
  ])
  t.equal(records.length, 1, 'and no other webhook heard of it')
}

async function staysRewritten(t: Test, manifest: object) {
  for (const [what, act] of Object.entries({
    'another field, in v1': () => other('v1', 'None'),
    'another field, in v1beta1': () => other('v1beta1', 'LiveMigrate'),
    'another setting': () => set('v1', { parallelMigrationsPerCluster: 4 }),
    'the file that was applied before': () => bring(cluster, ['apply'], manifest),
  })) {
    const { code, stderr } = await act()
    t.equal(code, 0, `${what}: ${stderr}`)
    t.match(settingsOf(await stored()), { completionTimeoutPerGiB: 20, progressTimeout: 600 }, what)
  }
}

const WAIT_MS = 20_000

/** Until the guard knows the fields of 1.19: post copy alone is completed then. */
async function untilKnown() {
  const deadline = Date.now() + WAIT_MS
  const probe = withSettings('v1', { allowPostCopy: true })
  const object = { ...probe, metadata: { ...probe.metadata, name: 'probe' } }
  const path = `/apis/hco.kubevirt.io/v1/namespaces/${probe.metadata.namespace}/hyperconvergeds`
  for (;;) {
    const { body } = await cluster.request('POST', `${path}?dryRun=All`, object)
    const { allowWorkloadDisruption } = (settingsOf(body) ?? {}) as Settings
    if (allowWorkloadDisruption === true) return
    if (Date.now() > deadline) throw new Error(`the guard never knew: ${JSON.stringify(body)}`)
    await sleep(20)
  }
}

async function decideAlike(t: Test) {
  for (const { settings, decided } of CHANGES)
    for (const version of VERSIONS)
      await t.test(`${JSON.stringify(settings)} in ${version}`, async t => {
        await clear()
        await bring(cluster, ['create'], withSettings('v1', { progressTimeout: 600 }))
        const before = await stored()
        const heard = guard.records().length
        const { code, stderr } = await set(version, settings)
        const judged = decisions(guard, 'validate', heard).at(-1)
        const filled = decisions(guard, 'mutate', heard).at(-1)
        t.equal(code, judged?.outcome === 'denied' ? 1 : 0, stderr)
        t.equal(filled?.kind.version, version)
        t.strictSame(described(judged, filled, version, settings), decided)
        const given = judged?.outcome === 'denied' ? {} : settings
        const after = { ...(settingsOf(before) as Settings), ...given, ...filled?.filled }
        t.strictSame(settingsOf(await stored()), after)
      })
}

function described(
  judged: Decided | undefined,
  filled: Decided | undefined,
  version: Version,
  settings: Settings,
) {
  const [name] = Object.keys(settings)
  const findings = judged?.findings ?? []
  const rules = findings
    .filter(({ field }) => field === `${PATHS[version]}.${name}`)
    .map(({ rule, effect }) => `${rule} ${effect}`)
  const { length } = rules
  if (length !== findings.length) throw new Error(`elsewhere: ${JSON.stringify(findings)}`)
  return { outcome: judged?.outcome, rules, filled: filled?.filled }
}
