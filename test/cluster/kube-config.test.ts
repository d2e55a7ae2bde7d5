import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createApiClient } from '../../src/cluster/api-client.ts'
import { type KubeConfigOptions, loadKubeConfig } from '../../src/cluster/kube-config.ts'
import { sharedCertificates } from '../certificates/support/shared.ts'
import { FakeApiServer } from './support/fake-api-server.ts'
import { json } from './support/replies.ts'

const { first: issued, other } = sharedCertificates()

const options = (changes: Partial<KubeConfigOptions>): KubeConfigOptions => ({
  cluster: 'auto',
  kubeconfig: null,
  env: {},
  home: '/nonexistent',
  ...changes,
})

const base64 = (text: string) => Buffer.from(text).toString('base64')

function kubeconfig(server: string, changes: object = {}): string {
  return JSON.stringify({
    'current-context': 'here',
    clusters: [
      {
        name: 'c',
        cluster: { server, 'certificate-authority-data': base64(issued.ca.certificate) },
      },
    ],
    users: [{ name: 'u', user: { token: 'secret' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
    ...changes,
  })
}

t.test('without a cluster nothing is loaded', async t => {
  t.equal(await loadKubeConfig(options({ cluster: 'none' })), null)
  const dir = t.testdir({ '.kube': { config: kubeconfig('https://localhost') } })
  const nobody = options({ home: dir, env: { KUBECONFIG: join(dir, '.kube/config') } })
  t.equal(await loadKubeConfig(nobody), null, 'auto takes no kubeconfig that nobody named')
})

t.test('a kubeconfig leads to its server, over TLS with its CA and token', async t => {
  const server = await FakeApiServer.start(t, {
    key: issued.server.key,
    cert: issued.server.certificate,
  })
  server.script('list', '/version', json({ major: '1' }))
  const dir = t.testdir({ config: kubeconfig(server.url.replace('127.0.0.1', 'localhost')) })
  for (const cluster of ['kubeconfig', 'auto'] as const) {
    const config = await loadKubeConfig(options({ cluster, kubeconfig: join(dir, 'config') }))
    t.equal(config?.getCurrentContext(), 'here')
    if (cluster === 'auto' || config === null) continue
    const api = createApiClient(config)
    t.teardown(api.close)
    const { signal } = new AbortController()
    const call = { path: '/version', signal, answerMs: 2000, silenceMs: 2000 }
    t.same(await api.json(call), { major: '1' })
    t.equal(server.seen[0]?.headers.authorization, 'Bearer secret')
  }
})

t.test('a server that another CA vouches for is not trusted', async t => {
  const tls = { key: other.server.key, cert: other.server.certificate }
  const server = await FakeApiServer.start(t, tls)
  const dir = t.testdir({ config: kubeconfig(server.url.replace('127.0.0.1', 'localhost')) })
  const config = await loadKubeConfig(
    options({ cluster: 'kubeconfig', kubeconfig: join(dir, 'config') }),
  )
  const api = createApiClient(config as NonNullable<typeof config>)
  t.teardown(api.close)
  const { signal } = new AbortController()
  const call = { path: '/version', signal, answerMs: 2000, silenceMs: 2000 }
  await t.rejects(api.json(call), { code: /CERT|SIGNATURE|ISSUER/ })
})

t.test(
  'KUBECONFIG may name several files, of which the first wins and some may be missing',
  async t => {
    const dir = t.testdir({
      one: kubeconfig('https://one'),
      two: kubeconfig('https://two', { 'current-context': 'there' }),
    })
    const names = ['missing', 'one', 'two'].map(name => join(dir, name)).join(':')
    const config = await loadKubeConfig(
      options({ cluster: 'kubeconfig', env: { KUBECONFIG: names } }),
    )
    t.equal(config?.getCurrentCluster()?.server, 'https://one')
    const home = t.testdir({ '.kube': { config: kubeconfig('https://home') } })
    const fallback = await loadKubeConfig(options({ cluster: 'kubeconfig', home }))
    t.equal(fallback?.getCurrentCluster()?.server, 'https://home')
  },
)

t.test('in a pod the service account leads to the cluster', async t => {
  const root = t.testdir()
  const account = join(root, 'var/run/secrets/kubernetes.io/serviceaccount')
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' }
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env
  // client-node reads the environment itself.
  Object.assign(process.env, env)
  t.teardown(() => {
    delete process.env.KUBERNETES_SERVICE_HOST
    delete process.env.KUBERNETES_SERVICE_PORT
    if (host !== undefined) process.env.KUBERNETES_SERVICE_HOST = host
    if (port !== undefined) process.env.KUBERNETES_SERVICE_PORT = port
  })
  await t.rejects(loadKubeConfig(options({ env, root })), {
    code: 'NO_CLUSTER',
    message:
      /^--cluster auto: there is no file .*token; does the pod set automountServiceAccountToken/,
  })
  mkdirSync(account, { recursive: true })
  writeFileSync(join(account, 'token'), 'secret')
  writeFileSync(join(account, 'ca.crt'), issued.ca.certificate)
  for (const cluster of ['auto', 'in-cluster'] as const) {
    const config = await loadKubeConfig(options({ cluster, env, root }))
    t.equal(config?.getCurrentCluster()?.server, 'https://[fd00::1]:443')
    const request: { headers?: Record<string, unknown> } = {}
    await config?.applyToHTTPSOptions(request)
    t.equal(request.headers?.Authorization, 'Bearer secret')
  }
})

for (const [name, content, message] of [
  ['no YAML', '{', /^--cluster kubeconfig: .*config: /],
  ['nothing', '', /^--cluster kubeconfig: .*config: /],
  [
    'no current context',
    kubeconfig('https://a', { 'current-context': '' }),
    /config: no current-context is set$/,
  ],
  [
    'a context that is not there',
    kubeconfig('https://a', { 'current-context': 'gone' }),
    /there is no context gone$/,
  ],
  ['no cluster', kubeconfig('https://a', { clusters: [] }), /context here names no cluster/],
  ['no user', kubeconfig('https://a', { users: [] }), /context here names no user/],
  ['an address that is none', kubeconfig('nonsense'), /nonsense is no address of a server$/],
  ['an open connection', kubeconfig('http://a'), /http:\/\/a is not encrypted; use https$/],
  [
    'a CA file that is not there',
    kubeconfig('https://a', {
      clusters: [
        { name: 'c', cluster: { server: 'https://a', 'certificate-authority': 'gone.crt' } },
      ],
    }),
    /there is no file .*gone\.crt$/,
  ],
] as const)
  t.test(`a kubeconfig with ${name} is refused in words`, async t => {
    const dir = t.testdir({ config: content })
    const named = options({ cluster: 'kubeconfig', kubeconfig: join(dir, 'config') })
    await t.rejects(loadKubeConfig(named), { code: 'NO_CLUSTER', message })
  })

t.test('a cluster that cannot be had is refused in words', async t => {
  await t.rejects(loadKubeConfig(options({ cluster: 'in-cluster' })), {
    message:
      '--cluster in-cluster: KUBERNETES_SERVICE_HOST is not set, so this is no pod of a cluster',
  })
  await t.rejects(loadKubeConfig(options({ cluster: 'kubeconfig' })), {
    message:
      '--cluster kubeconfig: there is no file /nonexistent/.kube/config; name one with --kubeconfig',
  })
  await t.rejects(loadKubeConfig(options({ cluster: 'kubeconfig', kubeconfig: '/none' })), {
    message: '--cluster kubeconfig: there is no file /none',
  })
})
