import t, { type Test } from 'tap'
import type { Ran } from '../../src/control-plane/kubectl.ts'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { exception, inSeconds, PATH, patching, RESOURCE, STORED, seed } from './support/changes.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { hyperConverged, resourceIn, settingsOf } from './support/objects.ts'

// What a guard that is gone is in the way of: what it guards, and nothing else.
const { cluster, guard } = await startGuardedCluster(t, { era: '1.19' })
const POLICIES = '/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies'
const FINALIZER = 'kubevirt.io/hyperconverged'
const JSON_PATCH = 'kubevirt.kubevirt.io/jsonpatch'

const terms = { reason: 'evacuation of rack 7', expires: inSeconds(86_400) }
const bounded = { ...terms, bound: { parallelMigrationsPerCluster: 20 } }
const EXCEPTION = exception('parallel-migrations-too-high', bounded)
const HELD = { ...EXCEPTION, [JSON_PATCH]: '[]', 'migration-guard.io/data': 'critical' }
const gone = (key: string) => patching({ annotations: { [key]: null } })
const policy = (name: string, more: object = {}) => ({
  ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
  ...{ metadata: { name, ...more }, spec: { selectors: {} } },
})

await seed(cluster, { annotations: HELD })
for (const object of [policy('there'), policy('held', { finalizers: [FINALIZER] })])
  await cluster.request('POST', POLICIES, object)
await cluster.request('DELETE', `${POLICIES}/held`)
await guard.end('SIGKILL')

/** A command, and what it says on standard input. */
type Act = readonly [what: string, args: readonly string[], input?: object]

const merging = (change: object, resource = RESOURCE) => [
  ...['patch', resource, '--type=merge', '-p', JSON.stringify(change)],
]
const CONSOLE_PROXY = { deployVmConsoleProxy: true }

const PASSING: readonly Act[] = [
  ['a label', ['label', RESOURCE, 'a=b']],
  ['another annotation', ['annotate', RESOURCE, 'example.com/a=b']],
  ['the jsonpatch of another operand', ['annotate', RESOURCE, 'ssp.kubevirt.io/jsonpatch=[]']],
  ['another field of spec', merging({ spec: { deployment: CONSOLE_PROXY } })],
  [
    'another field of spec in the older version',
    merging({ spec: { evictionStrategy: 'None' } }, resourceIn('v1beta1')),
  ],
  ['the status', [...merging({ status: { a: 'b' } }), '--subresource=status']],
  ['a finalizer', merging({ metadata: { finalizers: [FINALIZER] } })],
  ['a setting to what it is', patching({ settings: { progressTimeout: 150 } })],
  [
    'a finalizer of a MigrationPolicy that is being deleted',
    merging({ metadata: { finalizers: null } }, 'migrationpolicy/held'),
  ],
]

const old = (settings: object) =>
  merging({ spec: { liveMigrationConfig: settings } }, resourceIn('v1beta1'))

const GUARDED: readonly Act[] = [
  ['a setting', patching({ settings: { progressTimeout: 600 } })],
  ['a setting in the older version', old({ progressTimeout: 600 })],
  ['a setting that was absent', patching({ settings: { network: 'migration' } })],
  ['a setting beside a label', patching({ labels: { c: 'd' }, settings: { allowPostCopy: true } })],
  ['a jsonpatch that changes', ['annotate', '--overwrite', RESOURCE, `${JSON_PATCH}=[{}]`]],
  ['a jsonpatch that goes', gone(JSON_PATCH)],
  ['an exception that comes', patching({ annotations: exception('migrations-disabled', terms) })],
  [
    'an exception that changes',
    patching({ annotations: exception('parallel-migrations-too-high', 'x') }),
  ],
  ['an exception that goes', gone(Object.keys(EXCEPTION)[0] ?? '')],
  ['a declaration that goes', gone('migration-guard.io/data')],
]

const POLICY_ACTS: readonly Act[] = [
  ['a MigrationPolicy that comes', ['create', '-f', '-'], policy('new')],
  [
    'a MigrationPolicy that changes',
    merging({ spec: { allowPostCopy: true } }, 'migrationpolicy/there'),
  ],
  ['a MigrationPolicy that goes', ['delete', 'migrationpolicy', 'there']],
]

function run([, args, input]: Act): Promise<Ran> {
  return cluster.kubectl(args, input ? { input: JSON.stringify(input) } : {})
}

/** The whole of what kubectl prints: which webhook, that nobody answers there, and where to read what to do. */
function nobodyThere(t: Test, { code, stdout, stderr }: Ran, webhook: string, doing = '') {
  t.equal(code, 1)
  t.equal(stdout, '')
  const { port } = new URL(guard.url)
  const url = `${guard.url}/validate/if-the-guard-is-down-see/docs/install.md?timeout=5s`
  const why = `dial tcp 127.0.0.1:${port}: connect: connection refused`
  t.equal(
    stderr.replace('[::1]', '127.0.0.1'),
    `Error from server (InternalError): ${doing}Internal error occurred: failed calling webhook "${webhook}.migration-guard.io": failed to call webhook: Post "${url}": ${why}\n`,
  )
}

const CREATING = 'error when creating "STDIN": '

t.test('passes', async t => {
  for (const act of PASSING)
    await t.test(act[0], async t => {
      const { code, stderr } = await run(act)
      t.equal(code, 0, stderr)
      t.notMatch(stderr, 'Warning')
    })
})

t.test('is refused', async t => {
  const before = await cluster.stored(STORED)
  for (const act of GUARDED)
    await t.test(act[0], async t => nobodyThere(t, await run(act), 'guard'))
  t.strictSame(await cluster.stored(STORED), before)
  for (const act of POLICY_ACTS)
    await t.test(act[0], async t =>
      nobodyThere(t, await run(act), 'policies', act[1][0] === 'create' ? CREATING : ''),
    )
})

t.test('deletion passes, and so does the finalizer that holds it', async t => {
  t.equal((await run(['', ['delete', RESOURCE, '--wait=false']])).code, 0)
  t.match(await cluster.stored(STORED), { metadata: { deletionTimestamp: /./ } })
  const settings = { progressTimeout: 600 }
  t.equal((await run(['', patching({ settings })])).code, 0, 'a setting of what is being deleted')
  t.equal((await run(['', merging({ metadata: { finalizers: null } })])).code, 0)
  t.equal(await cluster.stored(STORED), undefined)
})

t.test('a creation is refused', async t => {
  const object = hyperConverged('v1', {})
  nobodyThere(t, await run(['', ['create', '-f', '-'], object]), 'guard', CREATING)
  const { status } = await cluster.request('POST', `${PATH}?dryRun=All`, object)
  t.equal(status, 500, 'a dry run as well')
})

t.test('once the guard is back everything works at once', async t => {
  await guard.start()
  const created = await run(['', ['create', '-f', '-'], hyperConverged('v1', {})])
  t.equal(created.code, 0, created.stderr)
  t.match(settingsOf(await cluster.stored(STORED)), { bandwidthPerMigration: '0Mi' })
  const change = patching({ settings: { progressTimeout: 600 } })
  t.equal((await run(['', change])).code, 0)
  const refused = await run(['', patching({ settings: { parallelMigrationsPerCluster: 60 } })])
  t.match(refused.stderr, '[parallel-migrations-too-high]')
  for (const act of POLICY_ACTS) t.equal((await run(act)).code, 0, act[0])
})

t.test('no condition ever failed to be evaluated', async t => {
  const errors = 'apiserver_admission_match_condition_evaluation_errors_total'
  t.equal(sumOf(await cluster.metrics(), errors), 0)
})
