import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadKubeConfig } from '../../src/cluster/kube-config.ts'
import { openCluster } from '../../src/cluster/open-cluster.ts'
import { apiRequester } from '../../src/control-plane/api-request.ts'
import { rendered } from '../../src/try/shipped-manifests.ts'
import { type Cluster, startCluster } from './support/cluster.ts'
import { print } from './support/print.ts'
import { until } from './support/until.ts'

// As in a pod: the address from the environment, the CA and a token that the kubelet replaces from a folder.
const HOME = 'hco-migration-guard'
const RIGHTS = ['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding']
const VMS = '/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances'

// client-node reads the file again once a minute.
const TOLERATED_MS = 90_000

const cluster: Cluster = await startCluster(t, { era: '1.19' })
const objects = (await rendered(cluster, 'base')).filter(({ kind }) => RIGHTS.includes(kind))
const list = { apiVersion: 'v1', kind: 'List', items: objects }
await cluster.must(['apply', '-f', '-'], { input: JSON.stringify(list) })

const root = join(cluster.dir, 'pod')
const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount')
mkdirSync(account, { recursive: true })
const first = await boundToken('first')
project('first', first)
for (const name of ['token', 'ca.crt', 'namespace'])
  symlinkSync(join('..data', name), join(account, name))

const { hostname, port } = new URL(cluster.url)
const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
// client-node looks there itself.
Object.assign(process.env, env)
const config = await loadKubeConfig({ cluster: 'in-cluster', kubeconfig: null, env, root })
if (config === null) throw new Error('no cluster was found')
const lines: string[] = []
const tell = (line: string) => void lines.push(line)
const source = openCluster(config, { namespace: HOME, log: { info: tell, warn: tell } })
t.teardown(source.close)

t.test('with the account and the rights that ship, the facts are complete', async t => {
  await until('every kind is known', async () => source.current().synced)
  t.match(source.detail(), /^the cluster is known as of \d+ s ago$/, 'none missing, none refused')
  await write('one')
  await until('a VM is known', async () => source.current().workloads.total === 1)
})

t.test('a token that the kubelet replaced is taken, and the facts go on', async t => {
  project('second', await boundToken('second'))
  // What a token is bound to goes with the pod; without it the token is worth nothing.
  await cluster.must(['delete', 'secret', 'first', '-n', HOME])
  const ask = apiRequester(cluster.url, cluster.certificates.ca.certificate, first)
  const refused = async () => (await ask('GET', '/api/v1/namespaces')).status === 401
  await until('the first token is refused', refused, 60_000)
  await cluster.restartApiServer('SIGKILL')
  await write('two')
  const start = performance.now()
  const known = async () => source.current().workloads.total === 2
  await until('what started afterwards is known', known, TOLERATED_MS)
  await until('every kind is followed', async () =>
    source.status().every(({ problem }) => problem === null),
  )
  print(`token replaced: facts current after ${((performance.now() - start) / 1000).toFixed(1)} s`)
  t.equal(source.current().synced, true)
  t.match(lines.join('\n'), 'VirtualMachineInstance is not followed at the moment')
})

/** A token of the guard's account that is good as long as a Secret is there. */
async function boundToken(secret: string): Promise<string> {
  await cluster.must(['create', 'secret', 'generic', secret, '-n', HOME])
  const bound = ['--bound-object-kind', 'Secret', '--bound-object-name', secret]
  const token = await cluster.must(['create', 'token', HOME, '-n', HOME, ...bound])
  return token.trim()
}

/** Puts the files there as the kubelet does: a new folder, and a link that is renamed over the old one. */
function project(version: string, token: string): void {
  const folder = join(account, `..${version}`)
  mkdirSync(folder)
  writeFileSync(join(folder, 'token'), token, { mode: 0o600 })
  writeFileSync(join(folder, 'ca.crt'), cluster.certificates.ca.certificate)
  writeFileSync(join(folder, 'namespace'), HOME)
  symlinkSync(`..${version}`, join(account, '..data_tmp'))
  renameSync(join(account, '..data_tmp'), join(account, '..data'))
}

async function write(name: string): Promise<void> {
  const vm = { apiVersion: 'kubevirt.io/v1', kind: 'VirtualMachineInstance', metadata: { name } }
  const { status, body } = await cluster.request('POST', VMS, { ...vm, spec: {} })
  if (status !== 201) throw new Error(JSON.stringify(body))
}
