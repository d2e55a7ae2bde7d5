import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeCertificates } from '../../certs/write.ts'
import { sharedCertificates } from './support/shared.ts'

const { first, other: second, renewed } = sharedCertificates()
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
const read = (dir: string, name: string) => readFileSync(join(dir, name), 'utf8')

t.test(
  'three files are written, the key for its owner alone, in a directory for its owner alone',
  async t => {
    const dir = join(t.testdir(), 'new', 'certs')
    const files = writeCertificates({ dir, issued: first })
    t.same(files, [
      { path: join(dir, 'ca.crt'), purpose: 'certificate of the CA: the caBundle' },
      { path: join(dir, 'tls.crt'), purpose: 'serving certificate' },
      { path: join(dir, 'tls.key'), purpose: 'key of the serving certificate' },
    ])
    t.same(readdirSync(dir), ['ca.crt', 'tls.crt', 'tls.key'])
    t.equal(read(dir, 'ca.crt'), first.ca.certificate)
    t.equal(read(dir, 'tls.crt'), first.server.certificate)
    t.equal(read(dir, 'tls.key'), first.server.key)
    t.equal(modeOf(join(dir, 'tls.key')), '600')
    t.equal(modeOf(dir), '700')
    t.not(modeOf(join(dir, '..')), '700', 'directories above are ordinary ones')
  },
)

t.test('an existing directory keeps its mode and what else is in it', async t => {
  const dir = t.testdir({ 'README.md': 'mine' })
  const before = modeOf(dir)
  writeCertificates({ dir, issued: first })
  t.equal(modeOf(dir), before)
  t.equal(read(dir, 'README.md'), 'mine')
})

t.test('the key of the CA is written only when asked for', async t => {
  const dir = t.testdir()
  writeCertificates({ dir, issued: first, keepCaKey: true })
  t.equal(read(dir, 'ca.key'), first.ca.key)
  t.equal(modeOf(join(dir, 'ca.key')), '600')
})

for (const name of ['ca.crt', 'tls.crt', 'tls.key', 'ca.key'])
  t.test(`without force an existing ${name} keeps everything from being written`, async t => {
    const dir = t.testdir({ [name]: 'mine' })
    const attempt = () => writeCertificates({ dir, issued: first, keepCaKey: true })
    t.throws(attempt, {
      message: `force is needed: ${join(dir, name)} exists, nothing was written`,
    })
    t.same(readdirSync(dir), [name])
    t.equal(read(dir, name), 'mine')
  })

t.test('with force the files are replaced and a loose mode is not kept', async t => {
  const dir = t.testdir()
  writeFileSync(join(dir, 'tls.key'), 'old', { mode: 0o644 })
  writeCertificates({ dir, issued: second, force: true })
  t.equal(read(dir, 'tls.key'), second.server.key)
  t.equal(modeOf(join(dir, 'tls.key')), '600')
})

t.test(
  'a key of the same CA stays through a renewal, one of another CA is never left beside the new CA',
  async t => {
    const dir = t.testdir()
    writeCertificates({ dir, issued: first, keepCaKey: true })
    writeCertificates({ dir, issued: renewed, force: true })
    t.equal(read(dir, 'ca.key'), first.ca.key)
    const attempt = () => writeCertificates({ dir, issued: second, force: true })
    t.throws(attempt, {
      field: 'dir',
      message: /ca\.key, not the key of this CA: move it away first/,
    })
    t.equal(read(dir, 'tls.crt'), renewed.server.certificate, 'nothing was written')
    writeCertificates({ dir, issued: second, force: true, keepCaKey: true })
    t.equal(read(dir, 'ca.key'), second.ca.key)
  },
)

t.test('a failure leaves no half-written file and no temporary one behind', async t => {
  const dir = t.testdir()
  mkdirSync(join(dir, 'ca.crt', 'not-empty'), { recursive: true })
  t.throws(() => writeCertificates({ dir, issued: first, force: true }), {
    code: /EISDIR|ENOTEMPTY/,
  })
  t.same(readdirSync(dir), ['ca.crt'])
})

t.test('a file in the place of the directory is an error', async t => {
  const dir = join(t.testdir({ certs: 'a file' }), 'certs')
  t.throws(() => writeCertificates({ dir, issued: first }), { code: 'EEXIST' })
})
