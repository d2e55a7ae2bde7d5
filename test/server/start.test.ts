import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import t from 'tap'
import { explainFailure } from '../../src/cli/explain-failure.ts'
import { runServe } from '../../src/cli/serve.ts'
import { put } from '../certificates/support/issued.ts'
import { sharedCertificates } from '../certificates/support/shared.ts'
import { ask } from './support/ask.ts'
import { captured } from './support/captured.ts'
import { CA, serve, tlsDir } from './support/guard.ts'
import { recordsIn } from './support/records.ts'
import { responseIn } from './support/response.ts'
import { example, updateReview } from './support/review.ts'
import { until } from './support/until.ts'

const free = { host: '127.0.0.1', port: '0', opsPort: '0', cluster: 'none', shutdownDelay: '0' }

// Runs the command until it ends by itself, or until `until` has been said.
async function run(flags: object, env: Readonly<Record<string, string>> = {}, until?: RegExp) {
  const stop = new AbortController()
  const look = () => {
    if (until?.test(stdout.text() + stderr.text())) stop.abort()
  }
  const stdout = captured(look)
  const stderr = captured(look)
  const io = { stdout: stdout.stream, stderr: stderr.stream, env, now: () => new Date() }
  const code = await runServe({ ...flags }, io, stop.signal).catch(error =>
    explainFailure(error, io),
  )
  return { code, stdout: stdout.text(), stderr: stderr.text() }
}

t.test('what cannot be honoured ends with exit code 3 and a plain sentence', async t => {
  const dir = tlsDir(t)
  const taken = createServer().listen(0, '127.0.0.1')
  t.teardown(() => taken.close())
  await new Promise(resolve => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  writeFileSync(`${dir}/policy.yaml`, 'kind: Policy\n')
  writeFileSync(`${dir}/empty.yaml`, 'kind: ConfigMap\n')
  const good = { ...free, tlsDir: dir, auditFile: `${dir}/audit.jsonl` }
  const cases: readonly (readonly [name: string, flags: object, says: RegExp])[] = [
    [
      'a port in use',
      { ...good, port: String(port) },
      /^error: port \d+ on 127.0.0.1 is in use.*--port\n$/,
    ],
    ['an ops port in use', { ...good, opsPort: String(port) }, /is in use.*--ops-port\n$/],
    [
      'a strange address',
      { ...good, host: '192.0.2.1' },
      /192.0.2.1 is no address of this machine/,
    ],
    [
      'no certificates',
      { ...good, tlsDir: `${dir}/none` },
      /none\/tls.crt: there is no such file or folder. Issue/,
    ],
    [
      'no such policy',
      { ...good, policy: `${dir}/no.yaml` },
      /^error: --policy .*no.yaml: there is no such file/,
    ],
    ['a bad policy', { ...good, policy: `${dir}/policy.yaml` }, /policy.yaml:1:\d+ .*kind/s],
    [
      'no facts',
      { ...good, facts: `${dir}/no.json` },
      /^error: --facts .*no.json: there is no such file/,
    ],
    ['facts that are none', { ...good, facts: `${dir}/empty.yaml` }, /nothing here is a fact/],
    [
      'no folder for the log',
      { ...good, auditFile: `${dir}/no/a.jsonl` },
      /^error: audit log .*: the folder \S+\/no does not exist; make it first\. --audit-file can name another file\n$/,
    ],
    [
      'a folder for the log',
      { ...good, auditFile: dir },
      /^error: audit log .*: is a folder, not a file\. --audit-file/,
    ],
    [
      'no client CA',
      { ...good, clientCa: `${dir}/no.crt` },
      /^error: --client-ca .*no.crt: there is no such file/,
    ],
    ['a name without a client CA', { ...good, clientCn: 'x' }, /: give --client-ca as well$/m],
    [
      'a cluster',
      { ...good, cluster: 'in-cluster' },
      /^error: --cluster in-cluster: KUBERNETES_SERVICE_HOST is not set/,
    ],
    [
      'a kubeconfig',
      { ...good, cluster: 'kubeconfig', kubeconfig: `${dir}/none` },
      /there is no file/,
    ],
    [
      'a bad option',
      { ...good, port: 'x' },
      /^error: --port "x": a port from 0 to 65535 is needed\n$/,
    ],
  ]
  for (const [name, flags, says] of cases) {
    const { code, stderr } = await run(flags)
    t.equal(code, 3, name)
    const sentence = stderr
      .split('\n')
      .filter(line => !line.startsWith('{'))
      .join('\n')
    t.match(sentence, says, name)
    t.notMatch(stderr, /\n {4}at /, 'no stack')
  }
  const pod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' }
  t.equal((await run({ ...good, cluster: 'auto' }, pod)).code, 3, 'auto in a pod')
  t.equal(
    (await run({ ...good, cluster: 'auto' }, {}, /serving reviews/)).code,
    0,
    'auto elsewhere',
  )
})

t.test('a failed start leaves ports and log to the next one, and no record', async t => {
  const dir = tlsDir(t)
  const flags = { ...free, tlsDir: dir, auditFile: `${dir}/audit.jsonl` }
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => taken.once('listening', resolve))
  const port = String((taken.address() as { port: number }).port)
  t.equal((await run({ ...flags, port })).code, 3)
  t.equal((await run({ ...flags, opsPort: port })).code, 3)
  taken.close()
  t.equal((await run({ ...flags, host: '192.0.2.1' })).code, 3)
  t.notOk(existsSync(flags.auditFile))
  t.equal((await run({ ...flags, port }, {}, /serving reviews/)).code, 0)
  t.equal((await run(flags, {}, /serving reviews/)).code, 0)
})

t.test('--dev makes certificates and says what to do, with the answer it will give', async t => {
  const dir = t.testdir({})
  const auditFile = `${dir}/audit.jsonl`
  const flags = { dev: true, port: '0', opsPort: '0', tlsDir: `${dir}/certs`, auditFile }
  const { code, stdout, stderr } = await run(flags, {}, /Ctrl\+C/)
  t.equal(code, 0)
  t.match(stderr, /certificates made: .*\nserving reviews on port \d+/)
  t.match(
    stdout,
    /^ {2}cd \S+ && \\\n {2}curl --cacert \S+ca.crt .*\n +--data-binary @examples\/reviews\/parallel-20.json/m,
  )
  t.match(stdout, /\[parallel-migrations-too-high\].*parallelMigrationsPerCluster is 20/)
  const [, verify = ''] = /^Verify it: +(.*)$/m.exec(stdout) ?? []
  const state = /^State: +curl 'http:\/\/127\.0\.0\.1:\d+\/readyz\?verbose'$/m
  t.match(stdout, state, 'zsh would take the question mark for a pattern')
  t.equal(
    recordsIn(auditFile).some(({ type }) => type === 'decision'),
    false,
  )
  const elsewhere = spawnSync('sh', ['-c', verify], { cwd: tmpdir(), encoding: 'utf8' })
  t.match(elsewhere.stdout, /^verified: /, 'from any folder, and without asking a registry')

  const before = readFileSync(`${dir}/certs/tls.crt`, 'utf8')
  t.notMatch((await run(flags, {}, /Ctrl\+C/)).stderr, /certificates/)
  t.equal(readFileSync(`${dir}/certs/tls.crt`, 'utf8'), before)
  put(`${dir}/certs`, sharedCertificates().expired)
  t.match((await run(flags, {}, /Ctrl\+C/)).stderr, /certificates made anew, they had expired/)
})

t.test('--dev logs every decision in one readable line', async t => {
  const dir = tlsDir(t)
  const stop = new AbortController()
  const said = captured()
  const io = { stdout: said.stream, stderr: said.stream, env: {}, now: () => new Date() }
  const flags = { dev: true, port: '0', opsPort: '0', tlsDir: dir, auditFile: `${dir}/audit.jsonl` }
  const ended = runServe(flags, io, stop.signal)
  await until(() => said.text().includes('serving reviews'))
  const port = Number(/port (\d+)/.exec(said.text())?.[1])
  await ask(port, CA, { path: '/validate', body: example('parallel-20') })
  await ask(port, CA, { path: '/mutate', body: example('filled') })
  stop.abort()
  t.equal(await ended, 0)
  t.match(
    said.text(),
    /^\/validate UPDATE HyperConverged openshift-cnv\/kubevirt-hyperconverged by alice: denied: parallel-migrations-too-high deny \(\d/m,
  )
  t.match(said.text(), /^\/mutate CREATE .*: allowed: bandwidthPerMigration=0Mi filled, /m)
})

t.test('an expired certificate is served and keeps the replica out of the Service', async t => {
  const dir = t.testdir({})
  mkdirSync(`${dir}/certs`)
  put(`${dir}/certs`, sharedCertificates().expired)
  const { opsPort } = await serve(t, { auditFile: `${dir}/a.jsonl` }, `${dir}/certs`)
  const ready = await fetch(`http://127.0.0.1:${opsPort}/readyz?verbose`)
  t.equal(ready.status, 503)
  t.match(await ready.text(), /\[-\]certificate failed: the served certificate expired on /)
})

t.test('facts of a file are judged with and recorded, those of the next policy too', async t => {
  const dir = tlsDir(t)
  const network = {
    kind: 'NetworkAttachmentDefinition',
    metadata: {
      name: 'wan',
      namespace: 'openshift-cnv',
      labels: { 'migration-guard.io/network-stability': 'unstable' },
    },
  }
  writeFileSync(`${dir}/facts.json`, JSON.stringify({ kind: 'List', items: [network] }))
  const { port, auditFile } = await serve(t, { facts: `${dir}/facts.json` }, dir)
  const on = { allowPostCopy: true, allowWorkloadDisruption: true, network: 'wan' }
  const { text } = await ask(port, CA, { path: '/validate', body: updateReview({}, on) })
  t.match(responseIn(text).status?.message, /post-copy-unstable-network/)
  const facts = recordsIn(auditFile).find(({ type }) => type === 'facts')
  t.match(facts, { facts: { source: 'file', networks: { 'openshift-cnv/wan': 'unstable' } } })
})

t.test('every file of a rotated log begins with the policy and the facts', async t => {
  const dir = tlsDir(t)
  const { port, stop, auditFile } = await serve(t, { auditMaxBytes: 6000 }, dir)
  for (let i = 0; i < 6; i++)
    await ask(port, CA, { path: '/validate', body: example('parallel-20') })
  await stop()
  const types = recordsIn(auditFile).map(({ type }) => type)
  t.same(types.slice(0, 2), ['policy', 'facts'])
  t.ok(
    recordsIn(auditFile).every(
      ({ replica, version }) => replica === 'guard-0' && version === '1.2.3',
    ),
  )
})

t.test('a last record that somebody changed keeps the guard from starting again', async t => {
  const dir = tlsDir(t)
  const { port, stop, auditFile } = await serve(t, {}, dir)
  await ask(port, CA, { path: '/validate', body: example('parallel-20') })
  // As kill -9 leaves it: the decision is the last record.
  const killed = readFileSync(auditFile, 'utf8').replaceAll('"alice"', '"mallo"')
  await stop()
  writeFileSync(auditFile, killed)
  const { code, stderr } = await run({ ...free, tlsDir: dir, auditFile })
  t.equal(code, 3)
  t.match(stderr, /last record cannot be verified: record \d+ was changed after it was written/)
  t.equal(readFileSync(auditFile, 'utf8'), killed)
})

t.test('what a crash left is set aside with a warning', async t => {
  const dir = tlsDir(t)
  const auditFile = `${dir}/audit.jsonl`
  writeFileSync(auditFile, '{"half')
  const { stderr } = await serve(t, { auditFile }, dir)
  t.match(
    stderr(),
    /"level":"warn","message":"audit log \S+audit.jsonl: its last 6 bytes .* kept in audit.jsonl.torn-000000000001/,
  )
})
