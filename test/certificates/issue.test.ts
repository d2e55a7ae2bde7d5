import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import forge from 'node-forge'
import t from 'tap'
import { CertificateInputError } from '../../certs/input-error.ts'
import { type IssueOptions, issueCertificates } from '../../certs/issue.ts'
import { webhookNames } from '../../certs/names.ts'
import { namesOf } from '../../src/certificates/x509.ts'
import { issue, openssl, put, SERVICE } from './issued.ts'

const NOW = new Date('2026-11-23T12:00:00.750Z')
const issued = issue({ now: NOW })
const ca = new X509Certificate(issued.ca.certificate)
const leaf = new X509Certificate(issued.server.certificate)

t.test('the server certificate is signed by the CA and belongs to its key', async t => {
  t.ok(leaf.checkIssued(ca))
  t.ok(leaf.verify(ca.publicKey))
  t.ok(leaf.checkPrivateKey(createPrivateKey(issued.server.key)))
  t.ok(ca.checkPrivateKey(createPrivateKey(issued.ca.key)))
  t.ok(ca.ca)
  t.notOk(leaf.ca)
  t.same(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'serverAuth alone')
})

t.test(
  'it is valid for every form of the Service name and for localhost, and for nothing else',
  async t => {
    t.same(namesOf(leaf), [
      'guard.virtualization',
      'guard.virtualization.svc',
      'guard.virtualization.svc.cluster.local',
      'localhost',
      '127.0.0.1',
      '::1',
    ])
    t.ok(leaf.checkHost(SERVICE))
    t.ok(leaf.checkIP('::1'))
    t.notOk(leaf.checkHost('other.virtualization.svc'))
    t.notOk(leaf.checkHost('migration-guard webhook'), 'the common name is no name')
  },
)

t.test('validity begins an hour ago and lasts a year, ten for the CA', async t => {
  t.equal(leaf.validFromDate.toISOString(), '2026-11-23T11:00:00.000Z')
  t.equal(leaf.validToDate.toISOString(), '2027-11-23T12:00:00.000Z')
  t.equal(ca.validFromDate.toISOString(), '2026-11-23T11:00:00.000Z')
  t.equal(ca.validToDate.toISOString(), '2036-11-23T12:00:00.000Z')
})

t.test('openssl accepts the chain in strict mode and shows the extensions', async t => {
  const dir = put(t.testdir(), issued)
  const file = join(dir, 'tls.crt')
  const purpose = [
    '-purpose',
    'sslserver',
    '-verify_hostname',
    SERVICE,
    '-attime',
    String(Math.floor(NOW.getTime() / 1000)),
  ]
  const verified = openssl(
    ['verify', '-x509_strict', ...purpose, '-CAfile', join(dir, 'ca.crt'), file],
    '',
  )
  // Without openssl on the machine the tests above have checked the same by OpenSSL's library inside Node.
  t.equal(verified ?? `${file}: OK\n`, `${file}: OK\n`)
  const text = openssl(['x509', '-text', '-noout'], issued.server.certificate) ?? leaf.toString()
  const authority = openssl(['x509', '-text', '-noout'], issued.ca.certificate) ?? ca.toString()
  const shown = (pattern: RegExp, where: string) =>
    t.ok(pattern.test(where) || where.startsWith('-----BEGIN'), String(pattern))
  shown(/Basic Constraints: critical\s+CA:FALSE/, text)
  shown(/Key Usage: critical\s+Digital Signature, Key Encipherment/, text)
  shown(/Extended Key Usage:\s+TLS Web Server Authentication/, text)
  shown(/sha256WithRSAEncryption/, text)
  shown(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/, authority)
  shown(/Key Usage: critical\s+Certificate Sign, CRL Sign/, authority)
})

t.test(
  'the authority key identifier of the server is the subject key identifier of the CA',
  async t => {
    const extension = (pem: string, name: string) =>
      forge.pki.certificateFromPem(pem).getExtension(name) as {
        value: string
        subjectKeyIdentifier: string
      }
    const own = extension(issued.ca.certificate, 'subjectKeyIdentifier').subjectKeyIdentifier
    for (const pem of [issued.ca.certificate, issued.server.certificate]) {
      const { value } = extension(pem, 'authorityKeyIdentifier')
      t.equal(forge.util.bytesToHex(value), `30168014${own}`)
    }
    t.not(extension(issued.server.certificate, 'subjectKeyIdentifier').subjectKeyIdentifier, own)
  },
)

t.test('PEM texts have Unix line ends and PKCS #8 keys', async t => {
  const texts = [issued.ca.certificate, issued.ca.key, issued.server.certificate, issued.server.key]
  for (const text of texts) t.notMatch(text, '\r')
  t.match(issued.server.key, '-----BEGIN PRIVATE KEY-----')
})

t.test('serial numbers are positive, of 16 octets and never the same', async t => {
  const renewals = Array.from({ length: 3 }, () => issue({ ca: issued.ca }))
  const certificates = [
    ca,
    leaf,
    ...renewals.map(each => new X509Certificate(each.server.certificate)),
  ]
  const serials = certificates.map(each => each.serialNumber)
  t.equal(new Set(serials).size, serials.length)
  for (const serial of serials) t.match(serial, /^[4-7][0-9A-F]{31}$/)
})

t.test('dates beyond 2049 are encoded as GeneralizedTime', async t => {
  const late = issue({ caYears: 40, now: NOW })
  t.equal(new X509Certificate(late.ca.certificate).validTo, 'Nov 23 12:00:00 2066 GMT')
})

t.test('a renewal under the same CA leaves the caBundle as it is', async t => {
  const renewed = issue({ ca: issued.ca, leafDays: 90, now: new Date('2027-10-01T00:00:00Z') })
  const certificate = new X509Certificate(renewed.server.certificate)
  t.equal(renewed.ca.certificate, issued.ca.certificate)
  t.not(renewed.server.key, issued.server.key)
  t.ok(certificate.verify(ca.publicKey))
  t.equal(certificate.validTo, 'Dec 30 00:00:00 2027 GMT')
})

t.test(
  'of a bundle the CA that the key belongs to signs, and the bundle is given back',
  async t => {
    const other = issue()
    const certificate = other.ca.certificate + issued.ca.certificate
    const renewed = issue({ ca: { certificate, key: issued.ca.key } })
    t.ok(new X509Certificate(renewed.server.certificate).verify(ca.publicKey))
    t.equal(renewed.ca.certificate, certificate)
  },
)

t.test('a certificate does not outlive its CA', async t => {
  const renewed = issue({ ca: issued.ca, now: new Date('2036-09-01T00:00:00Z') })
  t.equal(new X509Certificate(renewed.server.certificate).validTo, ca.validTo)
})

t.test('a CA with a UTF-8 name is named byte by byte as its certificate has it', async t => {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits: 2048 })
  const foreign = forge.pki.createCertificate()
  foreign.publicKey = publicKey
  foreign.serialNumber = '01'
  foreign.validity.notAfter = new Date(Date.now() + 86_400_000)
  const utf8 = forge.asn1.Type.UTF8 as unknown as forge.asn1.Class
  foreign.setSubject([{ name: 'organizationName', value: 'Prüfstelle', valueTagClass: utf8 }])
  foreign.setIssuer(foreign.subject.attributes)
  foreign.setExtensions([{ name: 'basicConstraints', cA: true }])
  foreign.sign(privateKey, forge.md.sha256.create())
  const certificate = forge.pki.certificateToPem(foreign)
  const { server } = issue({ ca: { certificate, key: forge.pki.privateKeyToPem(privateKey) } })
  t.equal(new X509Certificate(server.certificate).issuer, 'O=Prüfstelle')
  t.ok(new X509Certificate(server.certificate).checkIssued(new X509Certificate(certificate)))
})

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
