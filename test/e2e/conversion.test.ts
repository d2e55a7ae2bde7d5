import t from 'tap'
import { type Cluster, startCluster } from './support/cluster.ts'
import { hyperConverged, resourceIn, settingsOf } from './support/objects.ts'

// All nine fields, none at its stock value.
const FIELDS = {
  allowAutoConverge: true,
  allowPostCopy: true,
  allowWorkloadDisruption: true,
  bandwidthPerMigration: '64Mi',
  completionTimeoutPerGiB: 300,
  network: 'migration',
  parallelMigrationsPerCluster: 3,
  parallelOutboundMigrationsPerNode: 4,
  progressTimeout: 600,
}

const V1 = {
  virtualization: { liveMigrationConfig: FIELDS, evictionStrategy: 'None' },
  deployment: { deployVmConsoleProxy: true },
}
const V1BETA1 = {
  liveMigrationConfig: FIELDS,
  evictionStrategy: 'None',
  deployVmConsoleProxy: true,
}

const cluster: Cluster = await startCluster(t, { era: '1.19' })

async function read(version: 'v1' | 'v1beta1') {
  return JSON.parse(await cluster.must(['get', resourceIn(version), '-o', 'json']))
}

for (const [written, spec, other] of [
  ['v1', V1, 'v1beta1'],
  ['v1beta1', V1BETA1, 'v1'],
] as const)
  t.test(`what is written in ${written} is read in both versions`, async t => {
    const input = JSON.stringify(hyperConverged(written, spec))
    await cluster.must(['create', '-f', '-'], { input })
    t.match((await read('v1')).spec, V1)
    t.match((await read('v1beta1')).spec, V1BETA1)
    t.notOk('virtualization' in (await read('v1beta1')).spec)

    const path = other === 'v1' ? '/spec/virtualization' : '/spec'
    const value = 900
    const replace = { op: 'replace', path: `${path}/liveMigrationConfig/progressTimeout`, value }
    const patch = JSON.stringify([replace])
    await cluster.must(['patch', resourceIn(other), '--type=json', '-p', patch])
    const changed = { ...FIELDS, progressTimeout: 900 }
    t.strictSame(settingsOf(await read(written)), changed, `changed in ${other}`)
    await cluster.must(['delete', resourceIn('v1')])
  })

t.test('a stored object outlives the change of the stored version', async t => {
  const old: Cluster = await startCluster(t, { era: '1.18' })
  const { allowWorkloadDisruption: _, ...fields } = FIELDS
  const input = JSON.stringify(hyperConverged('v1beta1', { liveMigrationConfig: fields }))
  await old.must(['create', '-f', '-'], { input })
  await old.upgrade('1.19')
  const object = JSON.parse(await old.must(['get', resourceIn('v1'), '-o', 'json']))
  t.strictSame(settingsOf(object), { ...fields, allowWorkloadDisruption: false })
})
