import { existsSync } from 'node:fs'
import t from 'tap'
import { startControlPlane } from '../../src/control-plane/control-plane.ts'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { grant, podAccount } from './support/accounts.ts'
import { type Cluster, NAMESPACE, startCluster } from './support/cluster.ts'
import { kubectlEdit } from './support/edit.ts'
import { hyperConverged, resourceIn, settingsOf } from './support/objects.ts'
import { recordHyperConverged } from './support/recorder.ts'

// What the other end-to-end tests take for granted.
const cluster: Cluster = await startCluster(t, {
  era: '1.19',
  users: { jane: ['editors', 'night'] },
})
const recorder = await recordHyperConverged(t, cluster)
const RESOURCE = resourceIn('v1beta1')
await cluster.must(['create', '-f', '-'], {
  input: JSON.stringify(
    hyperConverged('v1beta1', { liveMigrationConfig: { progressTimeout: 600 } }),
  ),
})

t.test('an edit changes the object as a person at the terminal would', async t => {
  recorder.take()
  const change = ['progressTimeout: 600', 'progressTimeout: 300'] as const
  const { code, stdout, shown } = await kubectlEdit(cluster, [RESOURCE], [change])
  t.equal(code, 0)
  t.equal(stdout, 'hyperconverged.hco.kubevirt.io/kubevirt-hyperconverged edited\n')
  t.equal(shown.length, 1)
  t.match(shown[0], /^# Please edit the object below/)
  const [request, ...more] = recorder.take()
  t.equal(more.length, 0)
  t.match(settingsOf(request?.object), { progressTimeout: 300 })
  t.match(settingsOf(request?.oldObject), { progressTimeout: 600 })
  t.match(request?.object, { metadata: { managedFields: [{}, { manager: 'kubectl-edit' }] } })
})

t.test('an invalid edit comes back into the editor with the reason, and is given up', async t => {
  const change = ['progressTimeout: 300', 'progressTimeout: soon'] as const
  const { code, stderr, shown } = await kubectlEdit(cluster, [RESOURCE], [change])
  t.equal(code, 1)
  t.match(stderr, /"kubevirt-hyperconverged" is invalid\n(.*\n)*error: Edit cancelled/)
  t.equal(shown.length, 2)
  t.match(shown[1], /^# .*progressTimeout: Invalid value: "string"/m)
})

t.test('an edit whose text is not there fails and says so', async t => {
  const { code, stderr } = await kubectlEdit(cluster, [RESOURCE], [['no such text', '']])
  t.equal(code, 1)
  t.match(stderr, 'the editor found no "no such text" in:\n# Please edit')
})

const POD_NAME = 'authentication.kubernetes.io/pod-name'
const touch = ['patch', RESOURCE, '--type=merge', '-p']

async function userWhoWrites(
  value: string,
  who: { user?: string; kubeconfig?: string },
  ...as: string[]
) {
  recorder.take()
  const patch = JSON.stringify({ metadata: { annotations: { 'example.com/touched': value } } })
  await cluster.must([...touch, patch, ...as], who)
  return recorder.take()[0]?.userInfo
}

const EDIT = [{ apiGroups: ['hco.kubevirt.io'], resources: ['hyperconvergeds'], verbs: ['*'] }]

t.test('a webhook sees who asks', async t => {
  const operator = { kind: 'ServiceAccount', name: 'operator', namespace: NAMESPACE } as const
  const username = `system:serviceaccount:${NAMESPACE}:operator`
  await grant(cluster, operator, EDIT)
  const kubeconfig = await podAccount(cluster, NAMESPACE, 'operator')

  await t.test('a token bound to a pod brings the name of the pod', async t => {
    const user = await userWhoWrites('by pod', { kubeconfig })
    t.equal(user?.username, username)
    t.strictSame(user?.extra?.[POD_NAME], ['operator'])
  })
  await t.test('an impersonated service account does not', async t => {
    const user = await userWhoWrites('by impersonation', {}, '--as', username)
    t.equal(user?.username, username)
    t.notOk(user && 'extra' in user)
  })
  await t.test('a token that is bound to no pod does not', async t => {
    const token = await cluster.must(['create', 'token', 'operator'])
    const who = { kubeconfig: cluster.kubeconfigForToken(token.trim()) }
    const user = await userWhoWrites('by account', who)
    t.equal(user?.username, username)
    t.notOk(user?.extra?.[POD_NAME])
  })
  await t.test('a user with a token has the groups it was given, and no extra', async t => {
    await grant(cluster, { kind: 'Group', name: 'night' }, EDIT)
    const user = await userWhoWrites('by token', { user: 'jane' })
    t.equal(user?.username, 'jane')
    t.strictSame(user?.groups, ['editors', 'night', 'system:authenticated'])
    t.notOk(user && 'extra' in user)
  })
  await t.test('a user nobody declared shows a certificate', async t => {
    const kubeconfig = cluster.kubeconfigFor('joe@example.com', ['night', 'ops:é'])
    t.equal(cluster.kubeconfigFor('joe@example.com', ['night', 'ops:é']), kubeconfig)
    const user = await userWhoWrites('by certificate', { kubeconfig })
    t.equal(user?.username, 'joe@example.com')
    t.strictSame(user?.groups, ['night', 'ops:é', 'system:authenticated'])
  })
})

t.test('who may do nothing is refused by RBAC before any webhook', async t => {
  recorder.take()
  const kubeconfig = cluster.kubeconfigFor('nobody', [])
  const { code, stderr } = await cluster.kubectl([...touch, '{}'], { kubeconfig })
  t.equal(code, 1)
  t.match(stderr, /Forbidden.*User "nobody" cannot (get|patch) resource "hyperconvergeds"/)
  t.strictSame(recorder.take(), [])
})

t.test('the audit log has every request, with its user and its outcome', async t => {
  const event = cluster
    .auditEvents()
    .find(({ user, verb }) => user.username === 'jane' && verb === 'patch')
  t.match(event, {
    stage: 'ResponseComplete',
    objectRef: {
      resource: 'hyperconvergeds',
      namespace: NAMESPACE,
      name: 'kubevirt-hyperconverged',
    },
    responseStatus: { code: 200 },
  })
  const posing = cluster.auditEvents().find(each => each.impersonatedUser !== undefined)
  t.match(posing, { user: { username: 'admin' }, impersonatedUser: { username: /operator$/ } })
})

t.test('metrics tell how often a webhook was called', async t => {
  const called = sumOf(await cluster.metrics(), 'apiserver_admission_webhook_request_total', {
    name: 'recorder.e2e.test',
    operation: 'UPDATE',
  })
  t.ok(called > 5, `${called} times`)
})

t.test('a restarted API server has the same address and the same objects', async t => {
  let answered = true
  await cluster.restartApiServer('SIGKILL', async () => {
    answered = await cluster.request('GET', '/readyz').then(Boolean, () => false)
  })
  t.notOk(answered, 'it was down in between')
  const { body } = await cluster.request(
    'GET',
    `/apis/hco.kubevirt.io/v1/namespaces/${NAMESPACE}/hyperconvergeds/kubevirt-hyperconverged`,
  )
  t.match(settingsOf(body), { progressTimeout: 300 })
})

t.test('etcd gives what is stored, and nothing where nothing is', async t => {
  const path = `hco.kubevirt.io/hyperconvergeds/${NAMESPACE}/kubevirt-hyperconverged`
  t.match(await cluster.stored(path), { apiVersion: 'hco.kubevirt.io/v1' })
  t.equal(await cluster.stored('no/such/thing'), undefined)
})

t.test('a control plane beside another ends without a trace', async t => {
  const second = await startControlPlane()
  t.not(second.url, cluster.url)
  await second.must(['get', 'namespaces'])
  await second.stop()
  await second.stop()
  t.notOk(existsSync(second.dir))
  await t.rejects(second.request('GET', '/readyz'), { code: 'ECONNREFUSED' })
})

t.test('one that cannot start says why and leaves nothing', async t => {
  await t.rejects(startControlPlane({ flags: ['--no-such-flag'] }), {
    message: /^kube-apiserver ended with code 1:\n(.*\n)*.*unknown flag: --no-such-flag/,
  })
})
