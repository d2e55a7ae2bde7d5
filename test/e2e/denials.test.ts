import t from 'tap'
import { patching, RESOURCE, seed } from './support/changes.ts'
import { NAMESPACE } from './support/cluster.ts'
import { kubectlEdit } from './support/edit.ts'
import { startGuardedCluster } from './support/guarded-cluster.ts'
import { inAWeek } from './support/said.ts'
import { until } from './support/until.ts'

// What somebody reads who is refused, whole, as kubectl prints it.
const { cluster } = await startGuardedCluster(t, { era: '1.19' })
const NETWORKS = `/apis/k8s.cni.cncf.io/v1/namespaces/${NAMESPACE}/network-attachment-definitions`
const VMS = '/apis/kubevirt.io/v1/namespaces/db/virtualmachineinstances'

const labels = { 'migration-guard.io/network-stability': 'unstable' }
await cluster.request('POST', NETWORKS, {
  ...{ apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
  ...{ metadata: { name: 'shaky', labels }, spec: { config: '{}' } },
})
await cluster.must(['create', 'namespace', 'db'])
for (const [name, labels] of [
  ['ledger', { 'migration-guard.io/data': 'critical' }],
  ['web', {}],
] as const)
  await cluster.request('POST', VMS, {
    ...{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance' },
    ...{ metadata: { name, labels }, spec: {}, status: { phase: 'Running' } },
  })
await seed(cluster, { settings: { allowPostCopy: false } })

const POST_COPY = { allowPostCopy: true, allowWorkloadDisruption: true }
const set = (settings: object) => cluster.kubectl(patching({ settings: { ...settings } }))
await until('the VMs and the network are known', async () => {
  const { stderr } = await set({
    ...POST_COPY,
    network: 'shaky',
    parallelMigrationsPerCluster: 60,
  })
  const known = ['[post-copy-critical-data]', '[post-copy-unstable-network]', '2 running VMs']
  return known.every(text => stderr.includes(text))
})

const SETTINGS = 'spec.virtualization.liveMigrationConfig'
const OF_GUARD = 'admission webhook "guard.migration-guard.io" denied the request'

/** The annotation that would excuse a rule, as the last lines of its paragraph show it. */
const ready = (rule: string, bound: string) =>
  `exception: someone who may approve it can add the annotation
    exception.migration-guard.io/${rule}: '{"reason":"<reason>","expires":"DAY",${bound}}'`

const critical = (network: string) =>
  `[post-copy-critical-data] ${SETTINGS}.allowPostCopy is true: a critical VM runs (db/ledger), and post copy is on for it in the cluster settings. A VM whose post copy fails dies with what its memory held.
  fix: set allowPostCopy to false, or first protect these VMs with a MigrationPolicy that selects them and has allowPostCopy: false
  ${ready('post-copy-critical-data', `"bound":{"network":"${network}"}`)}
`

const DENIALS: readonly { readonly what: string; settings: object; text: string }[] = [
  {
    what: 'post copy where critical data is',
    settings: POST_COPY,
    text: `Error from server (Forbidden): ${OF_GUARD}: nothing was changed, for 1 reason:

${critical('(pod network)')}`,
  },
  {
    what: 'a network that is not there',
    settings: { network: 'missing' },
    text: `Error from server (Forbidden): ${OF_GUARD}: nothing was changed, for 1 reason:

[network-missing] ${SETTINGS}.network is "missing": there is no NetworkAttachmentDefinition openshift-cnv/missing. virt-handler restarts with the network and does not come up without it, on any node.
  fix: create openshift-cnv/missing first, or correct the name
  ${ready('network-missing', '"bound":{"network":"openshift-cnv/missing"}')}
`,
  },
  {
    what: 'three reasons at once',
    settings: { ...POST_COPY, network: 'shaky', parallelMigrationsPerCluster: 60 },
    text: `Error from server (Forbidden): ${OF_GUARD}: nothing was changed, for 3 reasons:

[post-copy-unstable-network] ${SETTINGS}.allowPostCopy is true: post copy is on, and the migration network openshift-cnv/shaky is flagged unstable (migration-guard.io/network-stability on the NetworkAttachmentDefinition). If the link fails during post copy the VM is lost: part of its memory is on each node.
  fix: set allowPostCopy to false, or set network to a stable NetworkAttachmentDefinition
  ${ready('post-copy-unstable-network', '"bound":{"network":"openshift-cnv/shaky"}')}

${critical('openshift-cnv/shaky')}
[parallel-migrations-too-high] ${SETTINGS}.parallelMigrationsPerCluster is 60: at most 50 are allowed without heavy workloads (observed: 2 running VMs, none heavy). So many at once share the network: none keeps up with a busy guest, and all run into the timeout.
  fix: set parallelMigrationsPerCluster to 50 or less (guidance: 5)
  ${ready('parallel-migrations-too-high', '"bound":{"parallelMigrationsPerCluster":60}')}
`,
  },
  {
    what: 'a value that means nothing',
    settings: { progressTimeout: -1 },
    text: `The HyperConverged "kubevirt-hyperconverged" is invalid: ${SETTINGS}.progressTimeout: [invalid-value] ${SETTINGS}.progressTimeout is -1: the value is negative. Fix: write a whole number of seconds, such as 150
`,
  },
]

for (const { what, settings, text } of DENIALS)
  t.test(what, async t => {
    const { code, stdout, stderr } = await set(settings)
    t.same({ code, stdout }, { code: 1, stdout: '' })
    t.equal(dayless(stderr), text)
  })

t.test('a MigrationPolicy', async t => {
  const policy = {
    ...{ apiVersion: 'migrations.kubevirt.io/v1alpha1', kind: 'MigrationPolicy' },
    ...{ metadata: { name: 'fast' }, spec: { allowPostCopy: true, selectors: {} } },
  }
  const input = JSON.stringify(policy)
  const { code, stdout, stderr } = await cluster.kubectl(['create', '-f', '-'], { input })
  t.same({ code, stdout }, { code: 1, stdout: '' })
  t.equal(
    dayless(stderr),
    `Error from server (Forbidden): error when creating "STDIN": admission webhook "policies.migration-guard.io" denied the request: nothing was changed, for 1 reason:

[post-copy-critical-data] spec.allowPostCopy: a critical VM runs (db/ledger), and MigrationPolicy fast wins for it and leaves post copy on. A VM whose post copy fails dies with what its memory held.
  fix: set allowPostCopy to false in MigrationPolicy fast
  ${ready('post-copy-critical-data', '"bound":{"network":"(pod network)","policy":"fast"}')}
`,
  )
})

t.test('an edit to a value that means nothing is opened again, with the reason on top', async t => {
  const change = ['progressTimeout: 150', 'progressTimeout: -1'] as const
  const { code, stderr, shown } = await kubectlEdit(cluster, [RESOURCE], [change])
  t.equal(code, 1)
  t.equal(
    stderr.replace(/"\S+\.yaml"/, 'FILE'),
    `error: hyperconvergeds.hco.kubevirt.io "kubevirt-hyperconverged" is invalid
A copy of your changes has been stored to FILE
error: Edit cancelled, no valid changes were saved.
`,
  )
  const [before = '', after = '', ...more] = shown
  t.equal(more.length, 0)
  t.equal(
    after,
    before
      .replace(
        '# reopened with the relevant failures.\n#\n',
        `# reopened with the relevant failures.
#
# hyperconvergeds.hco.kubevirt.io "kubevirt-hyperconverged" was not valid:
# * ${SETTINGS}.progressTimeout: [invalid-value] ${SETTINGS}.progressTimeout is -1: the value is negative. Fix: write a whole number of seconds, such as 150
#
`,
      )
      .replace(...change),
    'and the text as it was left',
  )
})

function dayless(text: string): string {
  return text.replaceAll(inAWeek(text), 'DAY')
}
