import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import t from 'tap'
import { CertificateInputError } from '../../certs/input-error.ts'
import { type IssueOptions, issueCertificates } from '../../certs/issue.ts'
import { webhookNames } from '../../certs/names.ts'
import { namesOf } from '../../src/certificates/x509.ts'
import { issue } from './support/issued.ts'

const issued = issue({ now: new Date('2026-11-23T12:00:00Z') })
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const rsa = createPrivateKey(issued.ca.key)
const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const
const { certificate } = issued.ca
const long = `${'a'.repeat(63)}.`.repeat(4)

const refused: readonly [string, Partial<IssueOptions>][] = [
  ['hosts is empty: a name is needed', { hosts: [] }],
  ['hosts "": not a DNS name (RFC 1123)', { hosts: ['ok.example', ''] }],
  ['hosts "a b": not a DNS name (RFC 1123)', { hosts: ['a b'] }],
  ['hosts "a_b": not a DNS name (RFC 1123)', { hosts: ['a_b'] }],
  ['hosts "-a.example": not a DNS name (RFC 1123)', { hosts: ['-a.example'] }],
  ['hosts "a..example": not a DNS name (RFC 1123)', { hosts: ['a..example'] }],
  ['hosts "bücher.example": not a DNS name (RFC 1123)', { hosts: ['bücher.example'] }],
  ['hosts "a.example.": ends in a dot (RFC 5280 §4.2.1.6)', { hosts: ['a.example.'] }],
  ['hosts "1.2.3": ends in a number', { hosts: ['1.2.3'] }],
  ['hosts "10.0.0.1": an address, not a name', { hosts: ['10.0.0.1'] }],
  [`hosts "${long}a": longer than 253 characters (RFC 1035)`, { hosts: [`${long}a`] }],
  ...['*', '*.com', 'a.*.example', '*a.b.example', '*.*.example', 'a*.b.example'].map(
    (host): [string, Partial<IssueOptions>] => [
      `hosts "${host}": a wildcard stands for the whole first label, with two more after it`,
      { hosts: [host] },
    ],
  ),
  ['ips "1.2.3": not an IP address', { ips: ['1.2.3'] }],
  ['ips "": not an IP address', { ips: [''] }],
  ['ips "fe80::1%eth0": not an IP address', { ips: ['fe80::1%eth0'] }],
  ['leafDays 0: a whole number from 1 to 3650 is needed', { leafDays: 0 }],
  ['leafDays NaN: a whole number from 1 to 3650 is needed', { leafDays: Number.NaN }],
  ['caYears 1.5: a whole number from 1 to 50 is needed', { caYears: 1.5 }],
  ['keyBits 1024: a whole number from 2048 to 8192 is needed', { keyBits: 1024 }],
  ['ca holds no certificate in PEM form', { ca: { certificate: '', key: issued.ca.key } }],
  [
    'ca is cut off in certificate 1',
    { ca: { ...issued.ca, certificate: certificate.slice(0, 500) } },
  ],
  ['caKey holds no private key in PEM form', { ca: { certificate, key: 'x' } }],
  ['caKey is encrypted', { ca: { certificate, key: String(rsa.export(locked)) } }],
  [
    'caKey is ec: only an RSA key can sign here',
    { ca: { certificate, key: String(elliptic.export({ type: 'pkcs8', format: 'pem' })) } },
  ],
  [
    'ca holds no certificate that belongs to the CA key',
    { ca: { certificate, key: issued.server.key } },
  ],
  ['ca may not sign certificates: it is not a CA', { ca: issued.server }],
  ['ca expired on 2036-11-23T12:00:00.000Z', { ca: issued.ca, now: new Date('2037-01-01') }],
  [
    'ca is not valid before 2026-11-23T11:00:00.000Z',
    { ca: issued.ca, now: new Date('2026-01-01') },
  ],
]

for (const [message, options] of refused)
  t.test(`refused with "${message}"`, async t => {
    const attempt = () => issueCertificates({ hosts: ['localhost'], ...options })
    const error = t.throws(attempt, { message })
    t.ok(error instanceof CertificateInputError)
    t.match(message, new RegExp(`^${(error as CertificateInputError).field} `))
  })

t.test('names are taken in their canonical form, once each', async t => {
  const { hosts, ips } = webhookNames({
    service: 'guard',
    namespace: '2nd',
    hosts: ['LOCALHOST', '*.Apps.example.com'],
    ips: ['0:0::1', '2001:DB8::0:1', '::ffff:10.0.0.1'],
  })
  t.same(hosts, [
    'guard.2nd',
    'guard.2nd.svc',
    'guard.2nd.svc.cluster.local',
    'localhost',
    '*.apps.example.com',
  ])
  t.same(ips, ['127.0.0.1', '::1', '2001:db8::1', '::ffff:a00:1'])
  t.same(namesOf(new X509Certificate(issueCertificates({ hosts, ips }).server.certificate)), [
    ...hosts,
    ...ips,
  ])
})

const impossible: readonly [string, string, string][] = [
  ['service "1st": not the name of a Service', '1st', 'a'],
  ['service "a.b": not the name of a Service', 'a.b', 'a'],
  ['namespace "a.b": not the name of a namespace', 'a', 'a.b'],
  ['namespace "": not the name of a namespace', 'a', ''],
]

for (const [message, service, namespace] of impossible)
  t.test(`refused with '${message}'`, async t => {
    t.throws(() => webhookNames({ service, namespace }), { message })
  })
