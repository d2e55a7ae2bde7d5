import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { freePort } from '../../src/control-plane/free-port.ts'
import { register } from '../../src/try/register-webhooks.ts'
import { webhookConfigurations } from '../../src/try/shipped-manifests.ts'
import { startCluster } from './support/cluster.ts'
import { startGuard } from './support/guard.ts'
import { hyperConverged } from './support/objects.ts'

// What docs/security.md tells to do, as it stands there.
const PAGE = readFileSync(join(import.meta.dirname, '../../docs/security.md'), 'utf8')
const FOLDER = '/etc/kubernetes/admission'
const SERVICE = 'hco-migration-guard.hco-migration-guard.svc'

const folder = t.testdir()
const port = await freePort()
await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', block('client-certificate')], {
  cwd: folder,
})
// The webhooks are called by URL here, so it is host and port that the kubeconfig names.
writeFileSync(
  join(folder, 'webhooks.kubeconfig'),
  block('webhooks').replaceAll(FOLDER, folder).replace(SERVICE, `localhost:${port}`),
)
const admission = join(folder, 'admission.yaml')
writeFileSync(admission, block('admission').replaceAll(FOLDER, folder))

const cluster = await startCluster(t, {
  era: '1.19',
  flags: [`--admission-control-config-file=${admission}`],
})
const args = ['--hco-version', '1.19', '--port', `${port}`, '--client-cn', 'kube-apiserver']
const guard = await startGuard(t, cluster, {
  args: [...args, '--client-ca', join(folder, 'client-ca.crt')],
})
await register(cluster, `https://localhost:${port}`, await webhookConfigurations(cluster))

t.test('the API server shows its certificate, and is who the audit log names', async t => {
  const create = (parallelMigrationsPerCluster: number) => {
    const settings = { virtualization: { liveMigrationConfig: { parallelMigrationsPerCluster } } }
    const input = JSON.stringify(hyperConverged('v1', settings))
    return cluster.kubectl(['create', '-f', '-'], { input })
  }
  const refused = await create(60)
  t.match(refused.stderr, '[parallel-migrations-too-high]')
  const taken = await create(5)
  t.equal(taken.code, 0, taken.stderr)
  const peers = guard.records().flatMap(({ type, peer }) => (type === 'decision' ? [peer] : []))
  t.same(new Set(peers), new Set(['kube-apiserver']))
})

t.test('nobody else is answered', async t => {
  const ca = join(folder, 'server-ca.crt')
  writeFileSync(ca, cluster.certificates.ca.certificate)
  const url = `https://localhost:${port}/validate`
  const { stdout } = await promisify(execFile)('curl', [
    ...['--silent', '--cacert', ca, '--write-out', '%{http_code}'],
    ...['--header', 'content-type: application/json', '--data', '{}', url],
  ])
  t.match(stdout, /^a client certificate is required: .*401$/s)
})

/** The code below `<!-- name -->`. */
function block(name: string): string {
  const found = new RegExp(`<!-- ${name} -->\\n+\`\`\`\\w+\\n(?<code>[^]*?)\`\`\``).exec(PAGE)
  if (!found?.groups?.code) throw new Error(`docs/security.md has no code named ${name}`)
  return found.groups.code
}
