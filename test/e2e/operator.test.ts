import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import { grant, podAccount } from './support/accounts.ts'
import { exception, type HyperConvergedChange, PATH, patching, STORED } from './support/changes.ts'
import { NAMESPACE } from './support/cluster.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { hyperConverged, settingsOf } from './support/objects.ts'
import { meetPeople, OPERATOR_USER, type Person } from './support/people.ts'
import { EDIT } from './support/people-with-rights.ts'
import { startRecorder } from './support/recorder.ts'

// HCO's own writes must never be stopped, by whatever is wrong with the guard or with what they hold; nobody else may pass
// for HCO.
const { cluster, guard } = await startGuardedCluster(t, {
  era: '1.19',
  users: { [OPERATOR_USER]: ['system:masters'], eve: [] },
})
const people = await meetPeople(cluster)
const namesake = {
  kubeconfig: await podAccount(cluster, NAMESPACE, 'hyperconverged-cluster-operator-2'),
}

// What `edit` gives in a namespace, as far as it matters: the objects of operators, and to act as any service account.
const IMPERSONATE = { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] }
await grant(cluster, { kind: 'User', name: 'eve' }, [...EDIT, IMPERSONATE])
const OPERATOR = 'hyperconverged-cluster-operator'
const SPARED = { webhook: 'advise', outcome: 'allowed-operator', allowed: true }
const POD_NAME = 'authentication.kubernetes.io/pod-name'

const SETTINGS = 'spec.virtualization.liveMigrationConfig'
const JSON_PATCH = 'kubevirt.kubevirt.io/jsonpatch'

type Write = HyperConvergedChange & {
  readonly what: string
  /** What anybody else would read. */
  readonly reason: string
}

const WRITES: readonly Write[] = [
  {
    what: 'too many migrations',
    settings: { parallelMigrationsPerCluster: 500 },
    reason: `[parallel-migrations-too-high] ${SETTINGS}.parallelMigrationsPerCluster is 500`,
  },
  {
    what: 'no migration at all',
    settings: { parallelMigrationsPerCluster: 0 },
    reason: `[migrations-disabled] ${SETTINGS}.parallelMigrationsPerCluster is 0`,
  },
  {
    what: 'a value that means nothing',
    settings: { progressTimeout: -1 },
    reason: `[invalid-value] ${SETTINGS}.progressTimeout is -1`,
  },
  {
    what: 'a network that is not there',
    settings: { network: 'nowhere' },
    reason: `[network-missing] ${SETTINGS}.network is "nowhere"`,
  },
  {
    what: 'a patch that cannot be read',
    annotations: { [JSON_PATCH]: 'no patch' },
    reason: `[invalid-value] metadata.annotations[${JSON_PATCH}]`,
  },
  {
    what: 'an exception that cannot be read',
    annotations: exception('no-such-rule', '{'),
    reason: '[exception-unauthorised] metadata.annotations[exception.migration-guard.io/no-such',
  },
]

const STRANGERS: readonly (readonly [string, Person])[] = [
  ['an account of a similar name', namesake],
  ['the account of the same name in another namespace', people['operator of another namespace']],
  ['another pod of the namespace', people['other pod']],
  ['the account without a pod', people['operator without a pod']],
  ['somebody whose token file says that name', people['operator by static token']],
  ['the administrator who plays the operator', people['impersonated operator']],
  ['an editor who plays the operator', { user: 'eve', args: ['--as', OPERATOR_USER] }],
]

const write = (change: HyperConvergedChange, { args = [], ...as }: Person) =>
  cluster.kubectl([...patching(change), ...args], as)

/** Makes the HyperConverged anew, by the operator itself: nobody else could while no guard answers. */
async function renew() {
  await cluster.request('DELETE', `${PATH}/kubevirt-hyperconverged`)
  const input = JSON.stringify(hyperConverged('v1', {}))
  await cluster.must(['create', '-f', '-'], { ...people.operator, input })
}

async function operatorPasses(t: Test): Promise<readonly string[]> {
  const warnings: string[] = []
  for (const { what, reason, ...change } of WRITES) {
    await renew()
    const { code, stderr } = await write(change, people.operator)
    t.equal(code, 0, `${what}: ${stderr}`)
    const object = await cluster.stored(STORED)
    if (change.annotations) t.match(object, { metadata: { annotations: change.annotations } }, what)
    if (change.settings) t.match(settingsOf(object), change.settings, what)
    warnings.push(stderr)
  }
  return warnings
}

t.test(
  'the operator writes whatever it wants, and reads and leaves behind what others would be told',
  async t => {
    const before = guard.records().length
    const warnings = await operatorPasses(t)
    const records = guard.records().slice(before)
    const writes = records.filter(({ operation }) => operation === 'UPDATE')
    t.equal(writes.length, WRITES.length)
    for (const [index, { what, reason }] of WRITES.entries()) {
      t.match(warnings[index], 'Warning: would be refused for anybody else: ', what)
      t.match(warnings[index], reason, what)
      const user = { username: OPERATOR_USER, extra: { [POD_NAME]: [OPERATOR] } }
      t.match(writes[index], { ...SPARED, user }, what)
    }
    const metrics = await guard.metrics()
    t.equal(sumOf(metrics, 'migration_guard_allowed_operator_total'), WRITES.length)
  },
)

t.test("what is right of the operator is recorded as anybody's", async t => {
  await renew()
  const { stderr } = await write({ settings: { progressTimeout: 600 } }, people.operator)
  t.notMatch(stderr, 'refused')
  const outcome = 'allowed'
  t.match(guard.records().at(-1), { webhook: 'advise', outcome, user: { username: OPERATOR_USER } })
})

for (const [who, person] of STRANGERS)
  t.test(`${who} is judged`, async t => {
    await renew()
    const before = await cluster.stored(STORED)
    for (const { what, reason, ...change } of WRITES) {
      const { code, stderr } = await write(change, person)
      t.equal(code, 1, what)
      t.match(stderr, reason, what)
    }
    t.strictSame(await cluster.stored(STORED), before)
  })

t.test('an editor cannot bring the name of a pod along', async t => {
  await renew()
  const config = JSON.parse(readFileSync(cluster.kubeconfigFor('eve'), 'utf8'))
  Object.assign(config.users[0].user, { as: OPERATOR_USER, 'as-user-extra': { [POD_NAME]: ['x'] } })
  const kubeconfig = join(cluster.dir, 'kubeconfig-that-pretends')
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 })
  const { code, stderr } = await write({ settings: { progressTimeout: 600 } }, { kubeconfig })
  t.equal(code, 1)
  t.match(stderr, `cannot impersonate resource "userextras/${POD_NAME}"`)
})

/** With nobody to judge: the operator writes, strangers do not. */
async function onlyOperatorPasses(t: Test) {
  await operatorPasses(t)
  await renew()
  for (const [who, person] of STRANGERS) {
    const { code, stderr } = await write({ settings: { progressTimeout: 600 } }, person)
    t.equal(code, 1, who)
    t.match(stderr, 'failed calling webhook "guard.migration-guard.io"', who)
  }
}

t.test('with the guard killed the operator still writes, and nobody else', async t => {
  await guard.end('SIGKILL')
  await onlyOperatorPasses(t)
})

t.test('with a guard that answers every call with an error, too', async t => {
  const crashing = await startRecorder(t, cluster)
  crashing.down(true)
  await register(cluster, crashing.url, await webhookConfigurations(cluster))
  await onlyOperatorPasses(t)
})
