import t, { type Test } from 'tap'
import type { Era } from '../../src/control-plane/crds/eras.ts'
import { type Cluster, startCluster } from './support/cluster.ts'
import { hyperConverged, resourceIn, settingsOf } from './support/objects.ts'
import { type Recorder, recordHyperConverged } from './support/recorder.ts'

// What an empty `spec` is known to arrive as on clusters of that release, written out field by field: the CRDs of these
// tests are generated from a table, and this is what holds the table.
const ARRIVES: Readonly<Record<Era, Readonly<Record<string, unknown>>>> = {
  '1.4': {
    bandwidthPerMigration: '64Mi',
    completionTimeoutPerGiB: 800,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 2,
    progressTimeout: 150,
  },
  '1.9': {
    allowAutoConverge: false,
    allowPostCopy: false,
    completionTimeoutPerGiB: 800,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 2,
    progressTimeout: 150,
  },
  '1.14': {
    allowAutoConverge: false,
    allowPostCopy: false,
    completionTimeoutPerGiB: 150,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 2,
    progressTimeout: 150,
  },
  '1.18': {
    allowAutoConverge: false,
    allowPostCopy: false,
    completionTimeoutPerGiB: 150,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 2,
    progressTimeout: 150,
  },
  '1.19': {
    allowAutoConverge: false,
    allowPostCopy: false,
    allowWorkloadDisruption: false,
    completionTimeoutPerGiB: 20,
    parallelMigrationsPerCluster: 5,
    parallelOutboundMigrationsPerNode: 1,
    progressTimeout: 150,
  },
}

type Version = 'v1' | 'v1beta1'

const SERVED: Readonly<Record<Era, readonly Version[]>> = {
  '1.4': ['v1beta1'],
  '1.9': ['v1beta1'],
  '1.14': ['v1beta1'],
  '1.18': ['v1', 'v1beta1'],
  '1.19': ['v1', 'v1beta1'],
}

const STORED: Readonly<Record<Era, Version>> = {
  ...{ '1.4': 'v1beta1', '1.9': 'v1beta1', '1.14': 'v1beta1', '1.18': 'v1beta1' },
  '1.19': 'v1',
}

const IN_ETCD = 'hco.kubevirt.io/hyperconvergeds/openshift-cnv/kubevirt-hyperconverged'

// One cluster that is upgraded from era to era, as real ones are.
const cluster: Cluster = await startCluster(t, { era: '1.4' })
const recorder = await recordHyperConverged(t, cluster)

for (const era of Object.keys(ARRIVES) as Era[])
  t.test(`HCO ${era}`, async t => {
    await cluster.upgrade(era)
    t.strictSame(await servedVersions(cluster), SERVED[era], 'serves its versions')
    for (const version of SERVED[era]) {
      await t.test(`an empty spec arrives with the stock values in ${version}`, async t => {
        await arrivesWith(t, version, {}, ARRIVES[era])
      })
      await t.test(`no spec at all arrives with the stock values in ${version}`, async t => {
        await arrivesWith(t, version, undefined, ARRIVES[era])
      })
      await t.test(`what is written stays, what is not is stock, in ${version}`, async t => {
        const progressTimeout = 600
        const arrives = { ...ARRIVES[era], progressTimeout }
        await arrivesWith(t, version, specIn(version, { progressTimeout }), arrives)
      })
      await t.test(`a removed key, block and parent are stock again in ${version}`, async t => {
        await comesBack(t, version, ARRIVES[era])
      })
    }
    await t.test(`etcd holds ${STORED[era]}`, async t => {
      await create(t, 'v1beta1', {})
      const stored = await cluster.stored(IN_ETCD)
      t.match(stored, { apiVersion: `hco.kubevirt.io/${STORED[era]}` })
      t.strictSame(settingsOf(stored), ARRIVES[era], 'with the defaults')
      await remove()
    })
  })

/** Creates one and removes it: the webhook and the reader see the settings that are expected. */
async function arrivesWith(t: Test, version: Version, spec: object | undefined, expected: object) {
  const { object } = await create(t, version, spec)
  t.strictSame(settingsOf(object), expected, 'the webhook sees it')
  t.strictSame(settingsOf(await read(version)), expected, 'the reader sees it')
  await remove()
}

async function comesBack(t: Test, version: Version, expected: object) {
  const block = version === 'v1' ? '/spec/virtualization' : '/spec'
  const changed = specIn(version, { progressTimeout: 600, completionTimeoutPerGiB: 1 })
  for (const path of [`${block}/liveMigrationConfig`, block, '/spec']) {
    await create(t, version, changed)
    const patch = JSON.stringify([{ op: 'remove', path }])
    await cluster.must(['patch', resourceIn(version), '--type=json', '-p', patch])
    t.strictSame(settingsOf(recorded(t, recorder).object), expected, `${path} removed`)
    await remove()
  }
}

async function create(t: Test, version: Version, spec: object | undefined) {
  recorder.take()
  const input = JSON.stringify(hyperConverged(version, spec))
  await cluster.must(['create', '-f', '-'], { input })
  return recorded(t, recorder)
}

function recorded(t: Test, { take }: Recorder) {
  const [request, ...more] = take()
  t.equal(more.length, 0, 'one review for one request')
  if (request === undefined) throw new Error('the webhook was not called')
  return request
}

async function read(version: Version): Promise<unknown> {
  return JSON.parse(await cluster.must(['get', resourceIn(version), '-o', 'json']))
}

async function remove(): Promise<void> {
  await cluster.must(['delete', resourceIn('v1beta1')])
  recorder.take()
}

function specIn(version: Version, liveMigrationConfig: object): object {
  return version === 'v1' ? { virtualization: { liveMigrationConfig } } : { liveMigrationConfig }
}

async function servedVersions({ request }: Cluster): Promise<unknown> {
  const { body } = await request('GET', '/apis/hco.kubevirt.io')
  return (body as { versions: { version: string }[] }).versions.map(({ version }) => version)
}
