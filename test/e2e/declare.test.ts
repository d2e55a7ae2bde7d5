import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parsePolicy } from '../../src/policy/load.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import { type Cluster, NAMESPACE, startCluster } from './support/cluster.ts'
import { startGuard } from './support/guard.ts'
import { hyperConverged } from './support/objects.ts'
import { until } from './support/until.ts'

// The commands of docs/declare.md, as they stand there, with what they come to.
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/declare.md'), 'utf8')

const ANYTHING = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** Nothing of the guard reads VirtualMachines; the page has one labelled. */
const VIRTUAL_MACHINES = {
  ...{ apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  metadata: { name: 'virtualmachines.kubevirt.io' },
  spec: {
    ...{ group: 'kubevirt.io', scope: 'Namespaced' },
    names: { kind: 'VirtualMachine', plural: 'virtualmachines', singular: 'virtualmachine' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: ANYTHING } }],
  },
}

const cluster: Cluster = await startCluster(t, { era: '1.19' })
await seed()
const guard = await startGuard(t, cluster, { kubeconfig: cluster.kubeconfig })
await register(cluster, guard.url, await webhookConfigurations(cluster))

t.test('what is labelled as the page says is named by the refusal that the page shows', async t => {
  for (const name of ['network', 'namespace', 'vm']) await run(block(name))
  const [command = '', ...shown] = block('counts').replace(/^\$ /, '').split('\n')
  const expected = familiar(shown.join('\n'))
  await until('everything is known', async () => {
    return (await refusalOf(command)).includes('2 critical VMs run')
  })
  t.equal(familiar(await refusalOf(command)), expected)
  const template = ['get', 'virtualmachine', 'orders', '-n', 'shop', '-o', 'json']
  t.match(JSON.parse(await cluster.must(template)), {
    spec: { template: { metadata: { labels: { 'migration-guard.io/data': 'critical' } } } },
  })
})

const ANNOTATED: readonly (readonly [name: string, settings: object, says: RegExp])[] = [
  [
    'pod-network',
    { allowPostCopy: true, allowWorkloadDisruption: true },
    /\(pod network\) is flagged unstable \(annotation migration-guard\.io\/network-stability on/,
  ],
  [
    'everywhere',
    { allowPostCopy: true, allowWorkloadDisruption: true },
    /critical data is declared/,
  ],
  [
    'standard',
    { parallelMigrationsPerCluster: 100 },
    /at most 50 are allowed without heavy workloads \(declared by annotation\)/,
  ],
]

for (const [name, settings, says] of ANNOTATED)
  t.test(`the annotation of the HyperConverged counts: ${name}`, async t => {
    await run(block(name))
    const spec = { spec: { liveMigrationConfig: settings } }
    const patch = ['patch', 'hyperconvergeds.v1beta1.hco.kubevirt.io', 'kubevirt-hyperconverged']
    const how = ['--type=merge', '--dry-run=server', '-p', JSON.stringify(spec)]
    const { stderr } = await cluster.kubectl([...patch, '-n', NAMESPACE, ...how])
    t.match(stderr, says)
  })

t.test('the policy of the page is one', async t => {
  t.notOk('problems' in parsePolicy(block('policy'), 'policy.yaml'))
})

/** The code below `<!-- name -->`. */
function block(name: string): string {
  const found = new RegExp(`<!-- ${name} -->\\n+\`\`\`\\w+\\n(?<code>[^]*?)\`\`\``).exec(PAGE)
  if (!found?.groups?.code) throw new Error(`docs/declare.md has no code named ${name}`)
  return found.groups.code
}

function run(script: string) {
  const path = `${dirname(cluster.binaries.kubectl)}:${process.env.PATH}`
  const env = { ...process.env, PATH: path, KUBECONFIG: cluster.kubeconfig }
  return promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { env })
}

function refusalOf(command: string): Promise<string> {
  return run(command).then(
    ({ stdout }) => stdout,
    (error: { readonly stderr: string }) => error.stderr,
  )
}

// Dates are another day's.
function familiar(text: string): string {
  return text.replace(/\d{4}-\d{2}-\d{2}/g, 'DATE').trimEnd()
}

async function seed(): Promise<void> {
  const config = JSON.stringify({ cniVersion: '0.3.1', type: 'macvlan', name: 'migration-wifi' })
  const vmi = (namespace: string, name: string) => ({
    ...{ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance' },
    ...{ metadata: { name, namespace }, status: { phase: 'Running' } },
  })
  await create([
    VIRTUAL_MACHINES,
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'databases' } },
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
    {
      ...{ apiVersion: 'k8s.cni.cncf.io/v1', kind: 'NetworkAttachmentDefinition' },
      ...{ metadata: { name: 'migration-wifi', namespace: NAMESPACE }, spec: { config } },
    },
    vmi('databases', 'ledger'),
    vmi('shop', 'orders'),
    hyperConverged('v1beta1', {}),
  ])
  await cluster.must(['wait', '--for=condition=Established', 'crd/virtualmachines.kubevirt.io'])
  const metadata = { name: 'orders', namespace: 'shop' }
  await until('VirtualMachines are served', async () => {
    const input = JSON.stringify({ apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachine', metadata })
    return (await cluster.kubectl(['create', '-f', '-'], { input })).code === 0
  })
}

async function create(items: readonly object[]): Promise<void> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
  await cluster.must(['create', '-f', '-'], { input })
}
