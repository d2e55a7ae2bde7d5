import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import forge from 'node-forge'
import t from 'tap'
import { expiryOf } from '../../src/certificates/expiry.ts'
import { loadPair } from '../../src/certificates/serving-certificate.ts'
import { issue, put } from './support/issued.ts'

const NOW = new Date('2026-11-23T12:00:00Z')
const good = issue({ now: NOW })
const other = issue({ now: NOW })
const { certificate, key } = good.server

t.test('a good pair comes with its texts, client CA, fingerprint, names and validity', async t => {
  const { pair, problem } = loadPair(put(t.testdir(), good), { now: NOW })
  t.equal(problem, null)
  t.match(pair, {
    cert: certificate,
    key,
    ca: good.ca.certificate,
    fingerprint: new X509Certificate(certificate).fingerprint256,
    notBefore: new Date('2026-11-23T11:00:00Z'),
    notAfter: new Date('2027-11-23T12:00:00Z'),
    warnings: [],
  })
  t.match(pair?.names, ['guard.virtualization', 'guard.virtualization.svc'])
})

t.test('a chain behind the certificate is fine, and so is a key in the older form', async t => {
  const dir = put(t.testdir(), good)
  writeFileSync(
    join(dir, 'tls.crt'),
    `leaf\r\n${certificate.replaceAll('\n', '\r\n')}${good.ca.certificate}`,
  )
  const pkcs1 = forge.pki.privateKeyToPem(forge.pki.privateKeyFromPem(key))
  writeFileSync(join(dir, 'tls.key'), pkcs1)
  t.equal(loadPair(dir, { now: NOW }).problem, null)
})

type Change = Readonly<Record<string, string | null>>
const weak = weakPair()
const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-128-cbc', passphrase: 'x' } as const
const encrypted = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(locked)

const bad: readonly [string, string, Change][] = [
  [
    'a mismatched pair',
    'tls.key: does not belong to the certificate in DIR/tls.crt',
    { 'tls.key': other.server.key },
  ],
  ['a missing certificate', 'tls.crt: there is no such file or folder', { 'tls.crt': null }],
  ['a missing key', 'tls.key: there is no such file or folder', { 'tls.key': null }],
  ['an empty certificate', 'tls.crt: is empty', { 'tls.crt': '' }],
  ['an empty key', 'tls.key: is empty', { 'tls.key': '\n' }],
  [
    'a half-written certificate',
    'tls.crt: is cut off in certificate 1',
    { 'tls.crt': certificate.slice(0, 700) },
  ],
  [
    'a half-written chain',
    'tls.crt: is cut off in certificate 2',
    { 'tls.crt': certificate + good.ca.certificate.slice(0, 700) },
  ],
  [
    'a half-written key',
    'tls.key: holds no private key in PEM form',
    { 'tls.key': key.slice(0, 700) },
  ],
  [
    'a damaged certificate',
    'tls.crt: cannot be parsed (certificate 1)',
    { 'tls.crt': certificate.replace('MII', 'MIX') },
  ],
  ['text that is no PEM', 'tls.crt: holds no certificate in PEM form', { 'tls.crt': 'hello' }],
  [
    'files in each other’s place',
    'tls.crt: holds no certificate in PEM form',
    { 'tls.crt': key, 'tls.key': certificate },
  ],
  ['an encrypted key', 'tls.key: is encrypted', { 'tls.key': String(encrypted) }],
  ['a damaged client CA', 'ca.crt: holds no certificate in PEM form', { 'ca.crt': 'hello' }],
  [
    'a key too short for OpenSSL',
    'tls.crt: cannot be served: ee key too small',
    { 'tls.crt': weak.certificate, 'tls.key': weak.key },
  ],
]

for (const [what, message, change] of bad)
  t.test(`${what} is a problem that names the file`, async t => {
    const dir = put(t.testdir(), good)
    for (const [name, text] of Object.entries(change))
      text === null ? rmSync(join(dir, name)) : writeFileSync(join(dir, name), text)
    const { pair, problem } = loadPair(dir, { now: NOW })
    t.equal(pair, null)
    t.equal(problem?.message, join(dir, message.replace('DIR', dir)))
    t.equal(problem?.file, join(dir, String(message.split(':')[0])))
  })

t.test('a directory that does not exist, or a file that is one, is a problem too', async t => {
  const missing = join(t.testdir(), 'missing')
  t.equal(loadPair(missing).problem?.message, `${missing}/tls.crt: there is no such file or folder`)
  mkdirSync(join(missing, 'tls.crt'), { recursive: true })
  t.equal(loadPair(missing).problem?.message, `${missing}/tls.crt: is a folder, not a file`)
})

t.test('no message shows any part of a key', async t => {
  const dir = put(t.testdir(), good)
  writeFileSync(join(dir, 'tls.key'), key.slice(0, 700))
  const shown = JSON.stringify(loadPair(dir).problem)
  t.notMatch(shown, key.slice(100, 116))
})

t.test(
  'without ca.crt, or with an empty one, there is a pair unless the CA is required',
  async t => {
    const dir = put(t.testdir(), good)
    writeFileSync(join(dir, 'ca.crt'), '')
    t.notOk('ca' in (loadPair(dir).pair ?? { ca: '' }))
    t.equal(loadPair(dir, { requireCa: true }).problem?.message, `${dir}/ca.crt: is empty`)
    rmSync(join(dir, 'ca.crt'))
    t.notOk('ca' in (loadPair(dir).pair ?? { ca: '' }))
    t.equal(
      loadPair(dir, { requireCa: true }).problem?.message,
      `${dir}/ca.crt: there is no such file or folder`,
    )
  },
)

const moments: readonly [string, string, string | undefined][] = [
  ['2026-11-23T10:59:59Z', 'not-yet-valid', 'is not valid before 2026-11-23T11:00:00.000Z'],
  ['2026-11-23T11:00:00Z', 'valid', undefined],
  ['2027-10-24T12:00:00Z', 'valid', undefined],
  ['2027-10-24T12:00:01Z', 'expires-soon', 'expires on 2027-11-23T12:00:00.000Z, 29 days from now'],
  ['2027-11-22T12:00:00Z', 'expires-soon', 'expires on 2027-11-23T12:00:00.000Z, 1 day from now'],
  [
    '2027-11-23T12:00:00Z',
    'expires-soon',
    'expires on 2027-11-23T12:00:00.000Z, less than a day from now',
  ],
  ['2027-11-23T12:00:01Z', 'expired', 'expired on 2027-11-23T12:00:00.000Z'],
]

for (const [at, state, warning] of moments)
  t.test(`at ${at} the pair is served, its state is ${state}`, async t => {
    const dir = put(t.testdir(), good)
    const { pair } = loadPair(dir, { now: new Date(at) })
    t.same(pair?.warnings, warning === undefined ? [] : [`${dir}/tls.crt: ${warning}`])
    t.equal(pair && expiryOf(pair, new Date(at)).state, state)
  })

t.test('a certificate without subject alternative names gets a warning', async t => {
  const { certificate: text, key: own } = weakPair(2048)
  const dir = t.testdir({ 'tls.crt': text, 'tls.key': own })
  t.match(loadPair(dir).pair?.warnings.at(-1), /tls\.crt: has no subject alternative name$/)
})

t.test('the digest follows every byte of the three files', async t => {
  const dir = put(t.testdir(), good)
  const before = loadPair(dir).pair?.digest
  t.equal(loadPair(put(t.testdir(), good)).pair?.digest, before, 'wherever they are')
  writeFileSync(join(dir, 'ca.crt'), other.ca.certificate)
  t.not(loadPair(dir).pair?.digest, before)
})

// What the issuing code refuses to make: a short key, no subject alternative name.
function weakPair(bits = 512) {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits })
  const self = forge.pki.createCertificate()
  self.publicKey = publicKey
  self.serialNumber = '01'
  self.setSubject([{ name: 'commonName', value: 'localhost' }])
  self.setIssuer(self.subject.attributes)
  self.sign(privateKey, forge.md.sha256.create())
  return {
    certificate: forge.pki.certificateToPem(self),
    key: forge.pki.privateKeyToPem(privateKey),
  }
}
