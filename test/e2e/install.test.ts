import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { freePort } from '../../src/control-plane/free-port.ts'
import { MANIFESTS } from '../manifests/builds.ts'
import { type Cluster, startCluster } from './support/cluster.ts'
import { installForeignCrds } from './support/foreign-crds.ts'
import { type Guard, startGuard } from './support/guard.ts'
import { hyperConverged } from './support/objects.ts'
import { until } from './support/until.ts'

// The commands of docs/install.md for plain Kubernetes, as they stand there.
const root = t
const ROOT = join(import.meta.dirname, '../..')
const DOCS = readFileSync(join(ROOT, 'docs/install.md'), 'utf8')
const HOME = 'hco-migration-guard'

const cluster: Cluster = await startCluster(t, { era: '1.14' })
await installForeignCrds(cluster)
const checkout = join(cluster.dir, 'checkout')
mkdirSync(join(checkout, 'bin'), { recursive: true })
cpSync(MANIFESTS, join(checkout, 'manifests'), { recursive: true })
mkdirSync(join(checkout, 'manifests/ours'))
writeFileSync(join(checkout, 'manifests/ours/kustomization.yaml'), block('ours'))
const cli = `exec "${process.execPath}" "${join(ROOT, 'src/main.ts')}" "$@"`
writeFileSync(join(checkout, 'bin/npx'), `#!/bin/sh\nshift\n${cli}\n`, { mode: 0o700 })

let guard: Guard | undefined

t.test(
  'plain Kubernetes: the webhooks are called with the certificate and the CA made here',
  async t => {
    await run('plain')
    const secret = await readSecret()
    const tls = join(cluster.dir, 'tls')
    mkdirSync(tls)
    for (const [name, value] of Object.entries(secret))
      writeFileSync(join(tls, name), Buffer.from(value, 'base64'), { mode: 0o600 })
    const token = await cluster.must(['create', 'token', HOME, '-n', HOME])
    const kubeconfig = cluster.kubeconfigForToken(token.trim())
    const port = await freePort()
    const args = ['--tls-dir', tls, '--port', `${port}`]
    // Above the single tests: it serves the later ones, too.
    guard = await startGuard(root, cluster, { kubeconfig, args })
    await route(port)
    const object = (parallelMigrationsPerCluster: number) =>
      JSON.stringify(
        hyperConverged('v1beta1', { liveMigrationConfig: { parallelMigrationsPerCluster } }),
      )
    await until('the guard is called', async () => {
      const dry = ['create', '--dry-run=server', '-f', '-']
      const { stderr } = await cluster.kubectl(dry, { input: object(60) })
      return stderr.includes('[parallel-migrations-too-high]')
    })
    const { code, stderr } = await cluster.kubectl(['create', '-f', '-'], { input: object(5) })
    t.equal(code, 0, stderr)
    t.match(stderr, /^Warning: .*bandwidthPerMigration/m, 'filled')
  },
)

for (const era of ['1.14', '1.19'] as const)
  t.test(`see that it works, on HCO ${era}`, async t => {
    await cluster.upgrade(era)
    const { code, stderr } = await attempt('works')
    t.equal(code, 1)
    t.match(stderr, /^Error from server \(Forbidden\): /m)
    t.match(
      stderr,
      /^\[parallel-migrations-too-high\] spec.liveMigrationConfig.parallelMigrationsPerCluster is 100: /m,
    )
  })

t.test('with the guard down the message leads here, and everything here can be done', async t => {
  await guard?.end('SIGKILL')
  await failsAsShown(t)
  const { stdout } = await run('why')
  t.match(stdout, 'deployment.apps/hco-migration-guard')
  t.match(stdout, /issuer=.*\nnotBefore=.*\nnotAfter=/)
  t.match((await run('restart')).stdout, 'deployment.apps/hco-migration-guard restarted')
  await failsAsShown(t)
  await run('break-glass')
  await until('nothing is judged', async () => (await attempt('works')).code === 0)
})

/** What kubectl prints is, but for addresses, what the page shows. */
async function failsAsShown(t: Test) {
  const { code, stderr } = await attempt('works')
  t.equal(code, 1)
  const [, shown = ''] = /```text\n(Error from server[^`]*)```/.exec(DOCS) ?? []
  const plain = (text: string) =>
    text.replace(/(?<=\.svc:)\d+/, 'PORT').replace(/(?<=dial tcp )\S+:\d+/, 'ADDRESS')
  t.equal(plain(stderr), plain(shown))
}

t.test('a renewed certificate is of the same CA', async t => {
  const before = await readSecret()
  await run('renew')
  const after = await readSecret()
  t.equal(after['ca.crt'], before['ca.crt'])
  t.not(after['tls.crt'], before['tls.crt'])
})

t.test('put back after the glass was broken', async t => {
  await cluster.must(['apply', '-k', join(checkout, 'manifests/ours')])
  const names = await cluster.must(['get', 'validatingwebhookconfigurations', '-o', 'name'])
  t.match(names, HOME)
})

t.test('uninstalled, nothing of it is left', async t => {
  await run('uninstall')
  const kinds = [
    ...['clusterroles', 'clusterrolebindings', 'priorityclasses'],
    ...['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
  ]
  const left = await cluster.must(['get', kinds.join(','), '-o', 'name'])
  t.notMatch(left, HOME)
  const namespace = JSON.parse(await cluster.must(['get', 'namespace', HOME, '-o', 'json']))
  t.match(namespace, { metadata: { deletionTimestamp: /./ }, status: { phase: 'Terminating' } })
})

/** The code below `<!-- name -->`. */
function block(name: string): string {
  const found = new RegExp(`<!-- ${name} -->\\n+\`\`\`\\w+\\n(?<code>[^]*?)\`\`\``).exec(DOCS)
  if (!found?.groups?.code) throw new Error(`docs/install.md has no code named ${name}`)
  return found.groups.code
}

/** Runs what may fail. */
function attempt(name: string): Promise<{ code: number; stderr: string }> {
  return run(name).then(
    ({ stderr }) => ({ code: 0, stderr }),
    error => error,
  )
}

function run(name: string) {
  const path = [join(checkout, 'bin'), dirname(cluster.binaries.kubectl), process.env.PATH]
  const env = { ...process.env, PATH: path.join(':'), KUBECONFIG: cluster.kubeconfig }
  // Namespaces never finish here, as nothing runs that empties them.
  const script = block(name).replaceAll('kubectl delete', 'kubectl delete --wait=false')
  return promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: checkout, env })
}

async function readSecret(): Promise<Readonly<Record<string, string>>> {
  const get = ['get', 'secret', 'hco-migration-guard-tls', '-n', HOME, '-o', 'jsonpath={.data}']
  return JSON.parse(await cluster.must(get))
}

// No pod runs here and no ClusterIP leads anywhere; so the Service is made a name for this machine. The API server still
// asks for the certificate of hco-migration-guard.hco-migration-guard.svc and trusts the bundle that was installed.
async function route(port: number): Promise<void> {
  await cluster.must(['delete', 'service', HOME, '-n', HOME])
  const name = ['create', 'service', 'externalname', HOME, '--external-name=localhost']
  await cluster.must([...name, '-n', HOME])
  for (const [kind, count] of [
    ['validating', 3],
    ['mutating', 1],
  ] as const) {
    const patch = Array.from({ length: count }, (_, index) => ({
      ...{ op: 'add', path: `/webhooks/${index}/clientConfig/service/port`, value: port },
    }))
    const args = ['patch', `${kind}webhookconfiguration`, HOME, '--type=json', '-p']
    await cluster.must([...args, JSON.stringify(patch)])
  }
}
