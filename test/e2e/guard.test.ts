import t from 'tap'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import { type Cluster, NAMESPACE, startCluster } from './support/cluster.ts'
import { kubectlEdit } from './support/edit.ts'
import { startGuard } from './support/guard.ts'
import { hyperConverged, resourceIn, settingsOf } from './support/objects.ts'

// The shortest way through everything: the guard as a process, the configurations that ship, a person with kubectl.
const cluster: Cluster = await startCluster(t, { era: '1.19' })
const guard = await startGuard(t, cluster, { args: ['--hco-version', '1.19'] })
await register(cluster, guard.url, await webhookConfigurations(cluster))

const RESOURCE = resourceIn('v1')
const STORED = `hco.kubevirt.io/hyperconvergeds/${NAMESPACE}/kubevirt-hyperconverged`

t.test('what the author leaves open is filled', async t => {
  const input = JSON.stringify(hyperConverged('v1', {}))
  const { code, stdout, stderr } = await cluster.kubectl(['create', '-f', '-'], { input })
  t.equal(code, 0, stderr)
  t.equal(stdout, 'hyperconverged.hco.kubevirt.io/kubevirt-hyperconverged created\n')
  t.match(stderr, /^Warning: .*bandwidthPerMigration/m)
  t.match(settingsOf(await cluster.stored(STORED)), { bandwidthPerMigration: '0Mi' })
})

t.test('what loses a VM is refused, and the edit ends with the reason', async t => {
  const before = await cluster.stored(STORED)
  const change = ['parallelMigrationsPerCluster: 5', 'parallelMigrationsPerCluster: 60'] as const
  const { code, stderr, shown } = await kubectlEdit(cluster, [RESOURCE], [change])
  t.equal(code, 1)
  t.match(stderr, 'admission webhook "guard.migration-guard.io" denied the request: ')
  t.match(stderr, '\n[parallel-migrations-too-high] spec.virtualization.liveMigrationConfig.')
  t.equal(shown.length, 1, 'kubectl opens the editor again only for what is invalid')
  t.strictSame(await cluster.stored(STORED), before)
})

t.test('what can mean nothing is refused, and the editor opens again with the reason', async t => {
  const change = ['progressTimeout: 150', 'progressTimeout: -1'] as const
  const { code, stderr, shown } = await kubectlEdit(cluster, [RESOURCE], [change])
  t.equal(code, 1)
  t.match(stderr, 'Edit cancelled, no valid changes were saved')
  t.equal(shown.length, 2)
  t.match(
    shown[1],
    /^# .*\[invalid-value\] spec\.virtualization\.liveMigrationConfig\.progressTim/m,
  )
})

t.test('every decision has a record and a metric', async t => {
  const decisions = guard.records().filter(({ type }) => type === 'decision')
  t.ok(decisions.length > 0)
  const metrics = await guard.metrics()
  t.ok(sumOf(metrics, 'migration_guard_requests_total') >= decisions.length)
})

t.test('a guard that was killed is in the way of nothing else, and is back at once', async t => {
  const set = (progressTimeout: number) => [
    ...['patch', RESOURCE, '--type=merge', '-p'],
    JSON.stringify({ spec: { virtualization: { liveMigrationConfig: { progressTimeout } } } }),
  ]
  await guard.end('SIGKILL')
  const refused = await cluster.kubectl(set(600))
  t.equal(refused.code, 1)
  t.match(refused.stderr, 'failed calling webhook "guard.migration-guard.io"')
  await cluster.must(['label', RESOURCE, 'a=b'])
  await guard.start()
  await cluster.must(set(600))
  t.match(settingsOf(await cluster.stored(STORED)), { progressTimeout: 600 })
})
