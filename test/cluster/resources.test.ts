import t from 'tap'
import { clusterResources } from '../../src/cluster/resources.ts'
import { StringPool } from '../../src/cluster/string-pool.ts'

const { virtualMachines, networks, namespaces, hyperConverged, migrationPolicies } =
  clusterResources()

const vmi = {
  kind: 'PartialObjectMetadata',
  metadata: {
    name: 'pg',
    namespace: 'db',
    uid: 'c0ffee',
    labels: { 'vm.kubevirt.io/name': 'pg', 'migration-guard.io/data': 'critical' },
    annotations: {
      'kubevirt.io/cluster-instancetype-name': 'm1.large',
      'vm.kubevirt.io/workload': 'highperformance',
    },
    managedFields: [{ manager: 'virt-controller' }],
  },
}

t.test('of a VM no more is kept than what a decision looks at', t => {
  t.strictSame(virtualMachines.project(vmi), {
    namespace: 'db',
    name: 'pg',
    labels: { 'vm.kubevirt.io/name': 'pg', 'migration-guard.io/data': 'critical' },
    heavy: true,
    critical: true,
    instancetype: 'm1.large',
    gigabytes: null,
  })
  t.end()
})

t.test('a VM is the same while nothing of that changed', t => {
  const { same, project } = virtualMachines
  const changed = (metadata: object) => project({ metadata: { ...vmi.metadata, ...metadata } })
  t.equal(same(project(vmi), changed({ resourceVersion: '9', managedFields: [] })), true)
  t.equal(same(project(vmi), changed({ labels: {} })), false)
  t.equal(same(project(vmi), changed({ annotations: {} })), false)
  t.end()
})

t.test('a network is its flag, a namespace its labels', t => {
  const labels = { 'migration-guard.io/network-stability': 'unstable', other: 'x' }
  t.equal(networks.project({ metadata: { labels } }), 'unstable')
  t.equal(networks.project({ metadata: {} }), 'unmarked')
  t.same(namespaces.project({ metadata: { labels } }), labels)
  t.end()
})

t.test('a MigrationPolicy is the same while its settings are, quantities included', t => {
  const { same, project } = migrationPolicies
  const policy = (bandwidthPerMigration: string) =>
    project({ metadata: { name: 'a' }, spec: { bandwidthPerMigration } })
  t.equal(same(policy('1Gi'), policy('1Gi')), true)
  t.equal(same(policy('1Gi'), policy('2Gi')), false)
  t.end()
})

t.test('of the HyperConverged the managed fields and the heartbeats are left out', t => {
  const whole = {
    apiVersion: 'hco.kubevirt.io/v1beta1',
    kind: 'HyperConverged',
    metadata: { name: 'a', namespace: 'b', uid: 'c', annotations: { d: 'e' }, managedFields: [] },
    spec: { liveMigrationConfig: { allowPostCopy: true } },
    status: { versions: [{ name: 'operator', version: '1.18.0' }], conditions: [{}] },
  }
  t.strictSame(hyperConverged.project(whole), {
    apiVersion: 'hco.kubevirt.io/v1beta1',
    kind: 'HyperConverged',
    metadata: { name: 'a', namespace: 'b', labels: {}, annotations: { d: 'e' } },
    spec: { liveMigrationConfig: { allowPostCopy: true } },
    status: { versions: [{ name: 'operator', version: '1.18.0' }] },
  })
  t.end()
})

t.test('labels named like what every object has are labels', t => {
  const labels = JSON.parse('{"constructor":"a","toString":"b"}')
  t.strictSame(new StringPool().labels(labels), labels)
  t.end()
})

t.test('a pool that has seen more texts than repeat begins anew', t => {
  const pool = new StringPool()
  const texts = Array.from({ length: 50_000 }, (_, number) => `text ${number}`)
  t.ok(texts.every(text => pool.share(text) === text))
  t.end()
})
