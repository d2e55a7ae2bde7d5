import { createPrivateKey, X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import forge from 'node-forge'
import t from 'tap'
import { namesOf } from '../../src/certificates/x509.ts'
import { issue, openssl, put, SERVICE } from './support/issued.ts'

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
