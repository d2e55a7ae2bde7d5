import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { freePort } from '../../src/control-plane/free-port.ts'
import { MANIFESTS } from '../manifests/builds.ts'
import { type Cluster, startCluster } from './support/cluster.ts'
import { installForeignCrds } from './support/foreign-crds.ts'
import { startGuard } from './support/guard.ts'
import { hyperConverged } from './support/objects.ts'
import { until } from './support/until.ts'

// The commands of docs/install.md for plain Kubernetes, as they stand there.
const ROOT = join(import.meta.dirname, '../..')
const DOCS = readFileSync(join(ROOT, 'docs/install.md'), 'utf8')
const HOME = 'hco-migration-guard'

const cluster: Cluster = await startCluster(t, { era: '1.19' })
await installForeignCrds(cluster)
const checkout = join(cluster.dir, 'checkout')
mkdirSync(join(checkout, 'bin'), { recursive: true })
cpSync(MANIFESTS, join(checkout, 'manifests'), { recursive: true })
mkdirSync(join(checkout, 'manifests/ours'))
writeFileSync(join(checkout, 'manifests/ours/kustomization.yaml'), block('ours'))
const cli = `exec "${process.execPath}" "${join(ROOT, 'src/main.ts')}" "$@"`
writeFileSync(join(checkout, 'bin/npx'), `#!/bin/sh\nshift\n${cli}\n`, { mode: 0o700 })

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
    await startGuard(t, cluster, { kubeconfig, args })
    await route(port)
    const create = ['create', '--dry-run=server', '-f', '-']
    const object = (parallelMigrationsPerCluster: number) =>
      JSON.stringify(
        hyperConverged('v1', {
          virtualization: { liveMigrationConfig: { parallelMigrationsPerCluster } },
        }),
      )
    await until('the guard is called', async () => {
      const { stderr } = await cluster.kubectl(create, { input: object(60) })
      return stderr.includes('[parallel-migrations-too-high]')
    })
    const { code, stderr } = await cluster.kubectl(create, { input: object(5) })
    t.equal(code, 0, stderr)
    t.match(stderr, /^Warning: .*bandwidthPerMigration/m, 'filled')
  },
)

t.test('a renewed certificate is of the same CA', async t => {
  const before = await readSecret()
  await run('renew')
  const after = await readSecret()
  t.equal(after['ca.crt'], before['ca.crt'])
  t.not(after['tls.crt'], before['tls.crt'])
})

t.test('uninstalled, nothing of it is left', async t => {
  await run('uninstall')
  const kinds = [
    ...['clusterroles', 'clusterrolebindings', 'priorityclasses'],
    ...['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
  ]
  const left = await cluster.must(['get', kinds.join(','), '-o', 'name'])
  t.notMatch(left, HOME)
})

/** The code below `<!-- name -->`. */
function block(name: string): string {
  const found = new RegExp(`<!-- ${name} -->\\n+\`\`\`\\w+\\n(?<code>[^]*?)\`\`\``).exec(DOCS)
  if (!found?.groups?.code) throw new Error(`docs/install.md has no code named ${name}`)
  return found.groups.code
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
