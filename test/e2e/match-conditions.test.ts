import t, { type Test } from 'tap'
import type { KubectlOptions, Ran } from '../../src/control-plane/kubectl.ts'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import {
  BY_ANYBODY,
  BY_SOMEBODY,
  type Case,
  FINALIZER,
  GUARDED,
  type Version,
  type Webhook,
} from './support/admission-cases.ts'
import { type Cluster, NAMESPACE, startCluster } from './support/cluster.ts'
import { hyperConverged } from './support/objects.ts'
import { meetPeople, OPERATOR_USER, type Person } from './support/people.ts'
import { startRecorder } from './support/recorder.ts'

// Which webhook is called for what, on the configurations that ship: everything else never leaves the API server, so a
// guard that is down cannot be in its way.
const cluster: Cluster = await startCluster(t, {
  era: '1.14',
  users: { [OPERATOR_USER]: ['system:masters'] },
})
const recorder = await startRecorder(t, cluster)
await register(cluster, recorder.url, await webhookConfigurations(cluster))
const people = await meetPeople(cluster)

const RUNS = [
  { era: '1.14', version: 'v1beta1' },
  { era: '1.19', version: 'v1beta1' },
  { era: '1.19', version: 'v1' },
] as const

for (const { era, version } of RUNS)
  t.test(`HCO ${era}, ${version}`, async t => {
    await cluster.upgrade(era)
    await t.test('a creation', t => calls(t, create(version), GUARDED, reset))
    for (const each of [...BY_ANYBODY, ...BY_SOMEBODY])
      await t.test(each.who ? `${each.what}, by the ${each.who}` : each.what, async t => {
        const { args = [], ...as }: Person = each.who ? people[each.who] : {}
        const act = () => cluster.kubectl([...each.act(version), ...args], as)
        await calls(t, act, each.calls, () => prepare(version, each))
      })
  })

t.test('a creation by the operator', t =>
  calls(t, create('v1', people.operator), ['advise'], reset),
)

const POLICY = '/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies'
const policy = (finalizers: string[]) => ({
  ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
  ...{ metadata: { name: 'p', finalizers }, spec: { selectors: {} } },
})
const policyChange = ['patch', 'migrationpolicy', 'p', '--type=merge', '-p']

t.test('MigrationPolicies: creation, change and deletion', async t => {
  const input = JSON.stringify(policy([]))
  const exists = () => seed(POLICY, policy([]))
  const gone = () => clear(`${POLICY}/p`)
  await calls(t, () => cluster.kubectl(['create', '-f', '-'], { input }), ['policies'], gone)
  const changed = [...policyChange, '{"spec":{"allowPostCopy":true}}']
  await calls(t, () => cluster.kubectl(changed), ['policies'], exists)
  await calls(t, () => cluster.kubectl(['delete', 'migrationpolicy', 'p']), ['policies'], exists)
  const leaving = async () => {
    await seed(POLICY, policy([FINALIZER]))
    await cluster.request('DELETE', `${POLICY}/p`)
  }
  // KubeVirt goes on using it until it is gone.
  await calls(t, () => cluster.kubectl(changed), ['policies'], leaving)
  const annotated = ['annotate', 'migrationpolicy', 'p', 'exception.migration-guard.io/x=y']
  await calls(t, () => cluster.kubectl(annotated), ['policies'], leaving)
  const released = [...policyChange, '{"metadata":{"finalizers":null}}']
  await calls(t, () => cluster.kubectl(released), [], leaving)
})

t.test('no condition ever failed to be evaluated', async t => {
  t.equal(await evaluationErrors(), 0)
  const excluded = 'apiserver_admission_match_condition_exclusions_total'
  t.ok(sumOf(await cluster.metrics(), excluded) > 100)
  await t.test('and that count would have told', async t => {
    const [shipped] = await webhookConfigurations(cluster)
    const [webhook] = shipped?.webhooks ?? []
    if (shipped === undefined || webhook === undefined) return t.fail('no configuration')
    const matchConditions = [{ name: 'fails', expression: 'object.metadata.nothing == 1' }]
    const broken = { ...webhook, matchConditions, failurePolicy: 'Ignore' }
    await register(cluster, recorder.url, [
      { ...shipped, metadata: { name: 'broken' }, webhooks: [broken] },
    ])
    await reset()
    t.equal((await create('v1beta1')()).code, 0)
    t.ok((await evaluationErrors()) > 0)
  })
})

async function evaluationErrors(): Promise<number> {
  return sumOf(
    await cluster.metrics(),
    'apiserver_admission_match_condition_evaluation_errors_total',
  )
}

/** Holds an action against the webhooks it must reach, and with all of them down it is refused only by those that may. */
async function calls(
  t: Test,
  act: () => Promise<Ran>,
  wanted: readonly Webhook[],
  before: () => Promise<void>,
) {
  await before()
  recorder.down(true)
  const { code, stderr } = await act()
  recorder.down(false)
  const refused = wanted.filter(each => each === 'guard' || each === 'policies')
  t.equal(code === 0, refused.length === 0, `down: ${stderr}`)
  for (const each of refused) t.match(stderr, `failed calling webhook "${each}.migration-guard.io"`)

  await before()
  recorder.take()
  const ran = await act()
  t.equal(ran.code, 0, ran.stderr)
  const called = recorder.take().map(({ path, kind }) => named(path, kind.kind))
  t.strictSame(called.toSorted(), wanted.toSorted(), 'called')
}

function named(path: string, kind: string): string {
  const names: Readonly<Record<string, string>> = { '/mutate': 'fill', '/advise': 'advise' }
  return names[path] ?? (kind === 'MigrationPolicy' ? 'policies' : 'guard')
}

function create(version: Version, as: KubectlOptions = {}) {
  const input = JSON.stringify(hyperConverged(version, {}))
  return () => cluster.kubectl(['create', '-f', '-'], { ...as, input })
}

async function prepare(version: Version, { metadata = {}, deleting }: Case): Promise<void> {
  const object = hyperConverged(version, {})
  const finalizers = deleting ? [FINALIZER] : []
  await seed(collection(version), {
    ...object,
    metadata: { ...object.metadata, finalizers, ...metadata },
  })
  if (deleting) await cluster.request('DELETE', `${collection(version)}/${object.metadata.name}`)
}

function collection(version: Version): string {
  return `/apis/hco.kubevirt.io/${version}/namespaces/${NAMESPACE}/hyperconvergeds`
}

function reset(): Promise<void> {
  return clear(`${collection('v1beta1')}/kubevirt-hyperconverged`)
}

type Named = { readonly metadata: { readonly name: string; readonly [key: string]: unknown } }

async function seed(path: string, object: Named) {
  await clear(`${path}/${object.metadata.name}`)
  const { status, body } = await cluster.request('POST', path, object)
  if (status !== 201) throw new Error(JSON.stringify(body))
}

const MERGE = { 'content-type': 'application/merge-patch+json' }

async function clear(path: string): Promise<void> {
  await cluster.request('PATCH', path, { metadata: { finalizers: null } }, MERGE)
  await cluster.request('DELETE', path)
}
