import { X509Certificate } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { namesOf } from '../../src/certificates/x509.ts'
import {
  CERTS_DEFAULTS,
  type CertsIo,
  type CertsOptions,
  runCerts,
} from '../../src/cli/certs/certs.ts'
import { explainFailure } from '../../src/cli/explain-failure.ts'
import { openssl } from './support/issued.ts'

const NOW = new Date('2026-11-23T12:00:00Z')

function run(options: Partial<CertsOptions>, now = NOW) {
  const text = { stdout: '', stderr: '' }
  const stream = (name: keyof typeof text) => ({
    write(chunk: string) {
      text[name] += chunk
    },
  })
  const io = { stdout: stream('stdout'), stderr: stream('stderr'), now: () => now }
  return { exitCode: exitCodeOf(options, io), ...text }
}

function exitCodeOf(options: Partial<CertsOptions>, io: CertsIo): number {
  try {
    return runCerts(options, io)
  } catch (error) {
    return explainFailure(error as Error, io)
  }
}

const base = t.testdir({ empty: {} })
const made = join(base, 'made')
const first = run({ out: made, keepCaKey: true, host: ['guard.example.com'], ip: ['10.0.0.1'] })
const read = (dir: string, name: string) => readFileSync(join(dir, name), 'utf8')
const leafOf = (dir: string) => new X509Certificate(read(dir, 'tls.crt'))
const files = { ca: join(made, 'ca.crt'), caKey: join(made, 'ca.key') }

t.test('it writes the certificates and says what they are and what to do with them', async t => {
  t.equal(first.exitCode, 0)
  t.equal(first.stderr, '')
  t.same(readdirSync(made), ['ca.crt', 'ca.key', 'tls.crt', 'tls.key'])
  const ca = new X509Certificate(read(made, 'ca.crt'))
  t.equal(
    first.stdout,
    `wrote ${made}/ca.crt   certificate of the CA: the caBundle
wrote ${made}/tls.crt  serving certificate
wrote ${made}/tls.key  key of the serving certificate
wrote ${made}/ca.key   key of the CA: keep it offline

serving certificate, 365 days
  SHA-256  ${leafOf(made).fingerprint256}
  valid    2026-11-23T11:00:00Z to 2027-11-23T12:00:00Z
  for      hco-migration-guard.hco-migration-guard
           hco-migration-guard.hco-migration-guard.svc
           hco-migration-guard.hco-migration-guard.svc.cluster.local
           localhost
           guard.example.com
           127.0.0.1
           ::1
           10.0.0.1
CA migration-guard CA ${ca.serialNumber.slice(0, 8).toLowerCase()}
  SHA-256  ${ca.fingerprint256}
  valid    2026-11-23T11:00:00Z to 2036-11-23T12:00:00Z

caBundle of the webhook configurations:
  migration-guard certs --out ${made} --print ca-bundle
Secret of the server:
  migration-guard certs --out ${made} --print secret | kubectl apply --server-side -f -
`,
  )
})

t.test('the fingerprint is the one that openssl prints', async t => {
  const printed = openssl(['x509', '-fingerprint', '-sha256', '-noout'], read(made, 'tls.crt'))
  const shown = /SHA-256 {2}(\S+)/.exec(first.stdout)?.[1]
  t.equal(shown, printed?.trim().split('=')[1] ?? leafOf(made).fingerprint256)
})

t.test('without --keep-ca-key it says what that means for a renewal', async t => {
  const out = join(base, 'keyless')
  const { stdout } = run({ out, service: 'guard', namespace: 'cnv', days: '90' })
  t.notOk(readdirSync(out).includes('ca.key'))
  t.match(
    stdout,
    'The key of the CA was not kept: a renewal makes a new CA, so a new caBundle too.',
  )
  t.match(stdout, `certs --out ${out} --service guard --namespace cnv --print secret`)
  t.match(stdout, 'serving certificate, 90 days\n')
  t.ok(namesOf(leafOf(out)).includes('guard.cnv.svc'))
})

t.test('a second run refuses to overwrite, with --force it replaces', async t => {
  const out = join(base, 'twice')
  run({ out })
  const before = read(out, 'tls.crt')
  const refused = run({ out })
  t.equal(refused.exitCode, 3)
  t.equal(refused.stderr, `error: --force is needed: ${out}/ca.crt exists, nothing was written\n`)
  t.equal(refused.stdout, '')
  t.equal(read(out, 'tls.crt'), before)
  t.equal(run({ out, force: true }).exitCode, 0)
  t.not(read(out, 'tls.crt'), before)
})

t.test('a renewal with --ca and --ca-key keeps the caBundle and may end with its CA', async t => {
  const out = join(base, 'renewed')
  const { exitCode, stdout } = run({ out, ...files }, new Date('2036-11-01T00:00:00Z'))
  t.equal(exitCode, 0)
  t.equal(read(out, 'ca.crt'), read(made, 'ca.crt'))
  t.match(stdout, 'serving certificate, 22 days, when its CA ends')
  t.notMatch(stdout, 'was not kept')
  t.not(read(out, 'tls.key'), read(made, 'tls.key'))
})

t.test('--print ca-bundle prints the CA that is there in base64, and nothing else', async t => {
  const { exitCode, stdout, stderr } = run({ out: made, print: 'ca-bundle', service: 'other' })
  t.equal(exitCode, 0)
  t.equal(Buffer.from(stdout, 'base64').toString(), read(made, 'ca.crt'))
  t.match(stdout, /^\S+\n$/)
  t.equal(stderr, '')
})

t.test('--print secret prints a TLS Secret of the certificates that are there', async t => {
  const { stdout } = run({ out: made, print: 'secret' })
  const encoded = (name: string) => Buffer.from(read(made, name)).toString('base64')
  t.same(parse(stdout), {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hco-migration-guard-tls', namespace: 'hco-migration-guard' },
    type: 'kubernetes.io/tls',
    data: Object.fromEntries(['ca.crt', 'tls.crt', 'tls.key'].map(name => [name, encoded(name)])),
  })
})

t.test('--print all puts the caBundle in a comment above the Secret', async t => {
  const { stdout } = run({ out: made, print: 'all' })
  const secret = run({ out: made, print: 'secret' }).stdout
  const bundle = run({ out: made, print: 'ca-bundle' }).stdout
  t.equal(stdout, `# caBundle: ${bundle}${secret}`)
})

t.test(
  '--print makes the certificates first when there are none, and reports to standard error',
  async t => {
    const out = join(base, 'printed')
    const { exitCode, stdout, stderr } = run({ out, print: 'ca-bundle' })
    t.equal(exitCode, 0)
    t.match(stderr, `wrote ${out}/tls.crt`)
    t.equal(Buffer.from(stdout, 'base64').toString(), read(out, 'ca.crt'))
    t.equal(run({ out, print: 'ca-bundle' }).stdout, stdout, 'the same ones every time')
  },
)

t.test('--print warns of a certificate near its end', async t => {
  const { exitCode, stderr } = run({ out: made, print: 'secret' }, new Date('2027-11-01T00:00:00Z'))
  t.equal(exitCode, 0)
  const when = '2027-11-23T12:00:00.000Z, 22 days from now'
  t.equal(stderr, `warning: ${made}/tls.crt: expires on ${when}\n`)
})

const refused: readonly [string, Partial<CertsOptions>][] = [
  ['--host "a b": not a DNS name (RFC 1123)', { host: ['ok.example.com', 'a b'] }],
  ['--ip "1.2.3": not an IP address', { ip: ['1.2.3'] }],
  ['--service "A": not the name of a Service', { service: 'A' }],
  ['--namespace "": not the name of a namespace', { namespace: '' }],
  ['--days "soon": a whole number is needed', { days: 'soon' }],
  ['--days "1e3": a whole number is needed', { days: '1e3' }],
  ['--days 0: a whole number from 1 to 3650 is needed', { days: '0' }],
  ['--days 4000: a whole number from 1 to 3650 is needed', { days: 4000 }],
  ['--print "yaml": one of ca-bundle, secret, all is needed', { print: 'yaml' }],
  ['--ca-key is needed with --ca', { ca: files.ca }],
  ['--ca is needed with --ca-key', { caKey: files.caKey }],
  [`--ca "missing": there is no such file or folder`, { ...files, ca: 'missing' }],
  ['--ca-key holds no private key in PEM form', { ...files, caKey: files.ca }],
  ['--ca holds no certificate in PEM form', { ...files, ca: files.caKey }],
  [
    '--ca may not sign certificates: it is not a CA',
    { ca: join(made, 'tls.crt'), caKey: join(made, 'tls.key') },
  ],
  [`--out "${made}/tls.crt": is a file, not a folder\n`, { out: join(made, 'tls.crt') }],
  [`--force is needed: ${made}/ca.crt exists`, { out: made, print: 'secret', ...files }],
  [
    `--force is needed: ${made}/tls.crt is not valid for b.example.com`,
    { out: made, print: 'secret', host: ['b.example.com'] },
  ],
  [
    `--force is needed: ${made}/tls.crt is not valid for a.b.svc`,
    { out: made, print: 'all', service: 'a', namespace: 'b' },
  ],
]

for (const [message, options] of refused)
  t.test(`exit 3 with '${message}'`, async t => {
    const { exitCode, stdout, stderr } = run({ out: join(base, 'empty'), ...options })
    t.equal(exitCode, 3)
    t.ok(stderr.startsWith(`error: ${message}`), stderr)
    t.equal(stderr.split('\n').length, 2, 'one line')
    t.equal(stdout, '')
    t.same(readdirSync(join(base, 'empty')), [])
  })

t.test('--print refuses a directory whose files do not belong together', async t => {
  const out = join(base, 'mixed')
  run({ out })
  writeFileSync(join(out, 'tls.key'), read(made, 'tls.key'))
  const { exitCode, stderr } = run({ out, print: 'secret' })
  t.equal(exitCode, 3)
  t.match(stderr, `error: --out "${out}": ${out}/tls.key: does not belong to the certificate`)
  rmSync(join(out, 'ca.crt'))
  t.match(run({ out, print: 'ca-bundle' }).stderr, `${out}/ca.crt: there is no such file or folder`)
})

t.test('a fault that is not the user’s has exit code 4', async t => {
  t.equal(run({ out: base, host: null as unknown as [] }).exitCode, 4)
  t.match(run({ out: base, host: null as unknown as [] }).stderr, 'internal error: TypeError')
})

t.test('the defaults are a year under the Service of the manifests', async t => {
  t.match(CERTS_DEFAULTS, { out: 'certs', service: 'hco-migration-guard', days: 365, force: false })
})
