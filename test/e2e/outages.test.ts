import { request } from 'node:https'
import { json } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import { attempt, isRefusedBy } from './support/attempts.ts'
import { type Cluster, NAMESPACE, startCluster } from './support/cluster.ts'
import { startGuard } from './support/guard.ts'
import {
  flag,
  hasMoved,
  makeFacts,
  moveFacts,
  NETWORK_RULE,
  NETWORKS,
  OVER_SHAKY,
  OVER_STABLE,
  PROBES,
} from './support/moving-facts.ts'
import { hyperConverged } from './support/objects.ts'
import { print } from './support/print.ts'
import { startProxy } from './support/proxy.ts'
import { until } from './support/until.ts'

// Whatever happens to the API server or to the way there, the last facts hold until new ones are complete.
const cluster: Cluster = await startCluster(t, {
  era: '1.14',
  // etcd forgets what is older than a second or two, so that a watch cannot go on from there.
  flags: ['--etcd-compaction-interval=1s'],
})
const proxy = await startProxy(t, cluster)
const guard = await startGuard(t, cluster, { kubeconfig: proxy.kubeconfig })
await register(cluster, guard.url, await webhookConfigurations(cluster))

const PROMISED_MS = 15_000

t.before(async () => {
  const input = JSON.stringify(hyperConverged('v1beta1', { liveMigrationConfig: {} }))
  await cluster.must(['create', '-f', '-'], { input })
  await makeFacts(cluster)
  await until('all of it is known', asBefore)
})

t.test('while the API server is away the last facts decide, and their age grows', async t => {
  const before = await review(OVER_SHAKY)
  await cluster.restartApiServer('SIGKILL', async () => {
    await until('the loss is noticed', async () => /not followed: /.test(await readiness()))
    const age = await factsAge()
    await until('two seconds pass', async () => (await factsAge()) >= age + 2)
    t.strictSame(await review(OVER_SHAKY), before, 'refused as before, for the same reason')
    t.equal((await review(OVER_STABLE)).allowed, true, 'allowed as before')
    t.equal((await fetch(`${guard.opsUrl}/readyz`)).status, 200, 'a guard with old facts serves')
    t.equal(sumOf(await guard.metrics(), 'migration_guard_facts_synced'), 6, 'every kind')
  })
  await recovers(t, 'API server killed and started again')
})

t.test('its restart in good order', async t => {
  await cluster.restartApiServer('SIGTERM')
  await recovers(t, 'API server restarted')
})

t.test('every watch cut', async t => {
  proxy.cut()
  await recovers(t, 'watches cut')
})

t.test('a watch cut in the middle of an event', async t => {
  proxy.cut('mid-event')
  await recovers(t, 'watch cut mid-event')
  t.ok(proxy.torn() > 0, 'an event was torn')
})

t.test('away for so long that the server has forgotten where the watch was', async t => {
  const before = await review(OVER_SHAKY)
  const { resourceVersion } = await readNetworks()
  await looksAway()
  await moveFacts(cluster, true)
  const old = `${NETWORKS}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`
  await until('etcd is compacted', async () => {
    // Every write moves the revision on: only what is older than the last interval's is compacted.
    await flag(cluster, 'shaky', null)
    return (await cluster.request('GET', old)).status === 410
  })
  await cluster.restartApiServer('SIGKILL')
  t.strictSame(await review(OVER_SHAKY), before, 'the last facts decide')
  const again = `${NETWORKS}?watch=true&timeoutSeconds=1&resourceVersion=${resourceVersion}`
  const isGone = async () =>
    /"code":410\b/.test(JSON.stringify(await cluster.request('GET', again)))
  await until('a watch cannot go on', isGone)
  const [lists, told] = [countLists(), proxy.gone().length]
  await catchesUp(t, 'etcd compacted and API server restarted')
  const gone = proxy.gone().slice(told)
  t.ok(gone.includes('network-attachment-definitions'), `the guard's own watch is told: ${gone}`)
  t.ok(countLists() > lists, 'by a list')
  await moveFacts(cluster, false)
  await until('all is as before', asBefore)
})

t.test('on HCO 1.19, whose API server needs the conversion webhook for every answer', async t => {
  await cluster.upgrade('1.19')
  await cluster.restartApiServer('SIGKILL')
  await recovers(t, 'API server killed, HCO 1.19')
  await looksAway()
  await moveFacts(cluster, true)
  await cluster.restartApiServer('SIGKILL')
  await catchesUp(t, 'everything moved while the API server was away, HCO 1.19')
})

/** For the guard alone. */
async function looksAway(): Promise<void> {
  proxy.close(true)
  proxy.cut()
  await until('the loss is noticed', async () => /not followed: /.test(await readiness()))
}

/**
 * Lets the guard see the API server again, for which everything has moved meanwhile. Each kind answers as before until it
 * answers as it is now, and never goes back; no answer is anything else.
 */
async function catchesUp(t: Test, what: string): Promise<void> {
  for (const probe of PROBES) t.notOk(await hasMoved(cluster, probe), `${probe.kind}: as it was`)
  const start = performance.now()
  proxy.close(false)
  const moved = new Set<string>()
  await until('all that changed meanwhile is known', async () => {
    const answers: boolean[] = []
    for (const probe of PROBES) {
      const answer = await hasMoved(cluster, probe)
      t.ok(answer || !moved.has(probe.kind), `${probe.kind}: does not go back`)
      if (answer) moved.add(probe.kind)
      answers.push(answer)
    }
    return answers.every(Boolean)
  })
  report(t, what, start)
  await isFollowed()
}

/** Changes a fact at once: until it is known, the old answers stay, and no other answer is ever given. */
async function recovers(t: Test, what: string): Promise<void> {
  const start = performance.now()
  await flag(cluster, 'stable', 'unstable')
  await until('a change after the outage is known', async () => {
    t.ok(
      isRefusedBy(await attempt(cluster, OVER_SHAKY), NETWORK_RULE),
      'what is refused stays refused',
    )
    const answer = await attempt(cluster, OVER_STABLE)
    if (answer.status !== 200) t.ok(isRefusedBy(answer, NETWORK_RULE), 'refused for what changed')
    return answer.status !== 200
  })
  report(t, what, start)
  await isFollowed()
  t.ok(performance.now() - start < PROMISED_MS, 'facts are complete again')
  await flag(cluster, 'stable', null)
  await until('all is as before', asBefore)
  t.ok((await factsAge()) < 120, `facts are ${await factsAge()} s old`)
}

async function asBefore(): Promise<boolean> {
  for (const probe of PROBES) if (await hasMoved(cluster, probe)) return false
  return true
}

async function isFollowed(): Promise<void> {
  const followed = async () => !/not followed|waiting for/.test(await readiness())
  await until('every kind is followed', followed).catch(async error => {
    throw new Error(`${error.message}: ${await readiness()}`)
  })
}

function report(t: Test, what: string, start: number): void {
  const seconds = (performance.now() - start) / 1000
  print(`${what}: facts current after ${seconds.toFixed(2)} s`)
  t.ok(seconds * 1000 < PROMISED_MS, `current after ${seconds.toFixed(2)} s`)
}

async function readiness(): Promise<string> {
  return (await fetch(`${guard.opsUrl}/readyz?verbose`)).text()
}

async function factsAge(): Promise<number> {
  const ages = (await guard.metrics()).filter(({ name }) => name.endsWith('facts_age_seconds'))
  return Math.max(...ages.map(({ value }) => value))
}

/** How often the guard listed the networks. */
function countLists(): number {
  const lists = cluster.auditEvents().filter(({ verb }) => verb === 'list')
  return lists.filter(({ requestURI }) => /attachment-definitions\?limit=500/.test(requestURI))
    .length
}

async function readNetworks() {
  const { body } = await cluster.request('GET', NETWORKS)
  return (body as { metadata: { resourceVersion: string } }).metadata
}

/** Asks the guard itself, as the API server would: no API server is needed for it. */
async function review(settings: object): Promise<{ allowed: boolean; status?: object }> {
  const stock = { parallelMigrationsPerCluster: 5, parallelOutboundMigrationsPerNode: 2 }
  const object = (block: object) =>
    hyperConverged('v1beta1', { liveMigrationConfig: { ...stock, ...block } })
  const reviewed = {
    uid: 'c7f1b7a0-0000-4000-8000-000000000000',
    kind: { group: 'hco.kubevirt.io', version: 'v1beta1', kind: 'HyperConverged' },
    resource: { group: 'hco.kubevirt.io', version: 'v1beta1', resource: 'hyperconvergeds' },
    ...{ name: 'kubevirt-hyperconverged', namespace: NAMESPACE, operation: 'UPDATE', dryRun: true },
    userInfo: { username: 'alice', groups: ['system:authenticated'] },
    ...{ object: object(settings), oldObject: object({}) },
  }
  const body = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: reviewed }
  const { promise, resolve, reject } = Promise.withResolvers<unknown>()
  const ca = cluster.certificates.ca.certificate
  const headers = { 'content-type': 'application/json' }
  request(`${guard.url}/validate`, { method: 'POST', ca, headers, agent: false })
    .on('response', answer => resolve(json(answer)))
    .on('error', reject)
    .end(JSON.stringify(body))
  return ((await promise) as { response: { allowed: boolean } }).response
}
