import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { BUILDS, type Build, MANIFESTS, render } from '../manifests/builds.ts'
import { find, type PodTemplate, podTemplate } from '../manifests/parts.ts'
import { readServeArguments } from '../manifests/serve-arguments.ts'
import { type Cluster, startCluster } from './support/cluster.ts'
import { installForeignCrds } from './support/foreign-crds.ts'
import type { KubernetesObject } from './support/objects.ts'

// What ships, as a real API server takes it.
const ROOT = join(import.meta.dirname, '../..')
const HOME = 'hco-migration-guard'

const cluster: Cluster = await startCluster(t, { era: '1.19' })
await installForeignCrds(cluster)
await cluster.must(['create', 'namespace', HOME])

const caBundle = Buffer.from(cluster.certificates.ca.certificate).toString('base64')

const { kubectl } = cluster.binaries
const rendered = (build: Build) => render({ kubectl, dir: cluster.dir, caBundle }, build)
const renderFolder = async (folder: string) => {
  const { stdout } = await promisify(execFile)(kubectl, ['kustomize', folder])
  return parseAllDocuments(stdout).map(document => document.toJS() as KubernetesObject)
}

for (const build of BUILDS)
  t.test(`${build.name}: every object is taken, no field is unknown, nobody is warned`, async t => {
    const objects = await rendered(build)
    const { code, stdout, stderr } = await apply(objects)
    t.equal(code, 0)
    t.equal(stderr, '', 'neither errors nor warnings, as of Pod Security')
    t.equal(stdout.trim().split('\n').length, objects.length)
  })

t.test('applied again, client-side and server-side, nothing changes', async t => {
  const objects = await rendered({ name: 'again', folders: ['overlays/plain'] })
  for (const how of [[], ['--server-side', '--force-conflicts']]) {
    const ran = await kubectlApply(objects, how)
    t.equal(ran.code, 0, ran.stderr)
    const before = await versions(objects)
    await kubectlApply(objects, how)
    t.strictSame(await versions(objects), before, 'nothing is written')
  }
})

t.test('plain without a CA is refused rather than registered', async t => {
  const objects = await renderFolder(join(MANIFESTS, 'overlays/plain'))
  const { code, stderr } = await apply(objects.filter(({ webhooks }) => webhooks !== undefined))
  t.not(code, 0)
  t.match(stderr, /illegal base64 data/)
})

t.test('Pod Security restricted takes the pod, and would not take one less hardened', async t => {
  for (const folders of [['base'], ['overlays/plain', 'components/audit-volume']]) {
    const objects = await rendered({ name: 'pod', folders })
    const template = podTemplate(objects)
    const taken = await createPod(template)
    t.equal(taken.code, 0, taken.stderr)
    t.equal(taken.stderr, '')
    const { securityContext: _, ...spec } = template.spec as PodTemplate['spec'] & {
      securityContext?: object
    }
    const refused = await createPod({ ...template, spec })
    t.match(refused.stderr, 'violates PodSecurity "restricted:latest"')
  }
})

t.test('a condition that does not compile would be refused', async t => {
  const objects = await rendered({ name: 'conditions', folders: ['base'] })
  const configurations = objects.filter(({ kind }) => kind.endsWith('WebhookConfiguration'))
  t.equal(configurations.length, 2)
  for (const each of configurations) {
    const text = JSON.stringify(each).replaceAll('oldObject.', 'oldObjekt.')
    const { code, stderr } = await apply([JSON.parse(text)])
    t.not(code, 0)
    t.match(stderr, /matchConditions\[0\]\.expression: .*undeclared reference to 'oldObjekt'/s)
  }
})

t.test(
  'audit-volume sends the log to a file of each pod on the claim, and changes no more',
  async t => {
    const plain = await rendered({ name: 'before', folders: ['base'] })
    const folders = ['base', 'components/audit-volume']
    const volume = await rendered({ name: 'after', folders })
    const [before, after] = [plain, volume].map(objects => podTemplate(objects).spec)
    const file = '/var/lib/migration-guard/audit.jsonl'
    const claim = { persistentVolumeClaim: { claimName: 'hco-migration-guard-audit' } }
    const [container] = before?.containers ?? []
    t.strictSame(after, {
      ...before,
      containers: [
        {
          ...container,
          args: container?.args.with(
            container.args.indexOf('--audit-file=-'),
            `--audit-file=${file}`,
          ),
          volumeMounts: container?.volumeMounts.map(mount =>
            mount.name === 'audit' ? { ...mount, subPathExpr: '$(POD_NAME)' } : mount,
          ),
        },
      ],
      volumes: before?.volumes.map(each =>
        each.name === 'audit' ? { name: 'audit', ...claim } : each,
      ),
    })
    t.equal(readServeArguments(after?.containers[0].args ?? []).auditFile, file)
    t.ok(find(volume, 'PersistentVolumeClaim', 'hco-migration-guard-audit'))
  },
)

t.test('the operator of docs/install.md stands in every condition that names one', async t => {
  const page = readFileSync(join(ROOT, 'docs/install.md'), 'utf8')
  const [, patch = ''] = /<!-- operator -->\n+```yaml\n([\s\S]*?)```/.exec(page) ?? []
  const folder = join(cluster.dir, 'operator')
  mkdirSync(folder)
  const base = `resources: [${relative(folder, join(MANIFESTS, 'base'))}]\n`
  writeFileSync(join(folder, 'kustomization.yaml'), base + patch)
  const objects = await renderFolder(folder)
  const plain = await rendered({ name: 'shipped', folders: ['base'] })
  const expected = JSON.stringify(plain).replaceAll(
    ':hyperconverged-cluster-operator',
    ':my-hco-operator',
  )
  t.equal(expected.split(':my-hco-operator').length, 4, 'three conditions name it')
  t.strictSame(objects, JSON.parse(expected), 'and nothing else changes')
  const taken = await apply(objects)
  t.equal(taken.code, 0, taken.stderr)
})

t.test('client-certificate asks for one, with the CA in a file that is followed', async t => {
  const folders = ['base', 'components/client-certificate', 'components/audit-volume']
  const objects = await rendered({ name: 'client', folders })
  const { containers, volumes } = podTemplate(objects).spec
  t.match(readServeArguments(containers[0].args), {
    clientCa: '/etc/migration-guard/client-ca/ca.crt',
    clientCn: 'kube-apiserver',
    auditFile: '/var/lib/migration-guard/audit.jsonl',
  })
  t.ok(volumes.some(({ configMap }) => configMap?.name === 'hco-migration-guard-client-ca'))
})

t.test('npm run deploy:check finds nothing, and says what to install without kubectl', async t => {
  const script = join(ROOT, 'test/manifests/deploy-check.ts')
  const run = (env: NodeJS.ProcessEnv) =>
    promisify(execFile)(process.execPath, [script], { env }).catch(error => error)
  const { stdout, stderr } = await run({ KUBEBUILDER_ASSETS: dirname(kubectl) })
  t.equal(stderr, '')
  t.strictSame(
    stdout.trim().split('\n'),
    BUILDS.map(({ name }) => `ok  ${name}`),
  )
  const nothing = { PATH: '/nowhere', MIGRATION_GUARD_CONTROL_PLANE_CACHE: '/nowhere' }
  t.match(await run(nothing), { code: 1, stderr: /Install kubectl .* or oc/ })
})

async function versions(objects: readonly KubernetesObject[]): Promise<string> {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  return cluster.must(
    ['get', '-f', '-', '-o', 'custom-columns=:.kind,:.metadata.resourceVersion'],
    {
      input,
    },
  )
}

function createPod(template: PodTemplate) {
  const metadata = { ...template.metadata, name: 'guard', namespace: HOME }
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...template, metadata })
  return cluster.kubectl(['create', '--dry-run=server', '-f', '-'], { input })
}

function apply(objects: readonly KubernetesObject[]) {
  return kubectlApply(objects, ['--server-side', '--force-conflicts'])
}

function kubectlApply(objects: readonly KubernetesObject[], how: readonly string[]) {
  const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
  return cluster.kubectl(['apply', '--validate=strict', ...how, '-f', '-'], { input })
}
