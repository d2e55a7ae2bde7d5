import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openFileSink } from '../../src/audit/file-sink.ts'
import { fileSource, findLogFiles } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { faultyFs } from './support/faulty-fs.ts'
import { entry } from './support/lines-of.ts'

const verify = async (path: string) => verifyLog((await findLogFiles([path])).map(fileSource))
const records = (path: string) =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))

t.test('a record is on disk, with its number and hash, once its receipt says so', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path })
  const receipt = sink.append(entry(1))
  t.match(receipt, { sequence: 1, hash: /^[0-9a-f]{64}$/ })
  t.equal(sink.status().head.sequence, 0, 'the head is what is on disk')
  await receipt.durable
  t.match(records(path), [{ ...entry(1), sequence: 1, prev: '0'.repeat(64), hash: receipt.hash }])
  t.match(sink.status().head, { sequence: 1, hash: receipt.hash })
  t.match(sink.status(), { healthy: true, error: null, queued: 0 })
  await sink.close()
})

t.test('the log and its full files can be read by their owner only', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path, maxBytes: 1 })
  for (const number of [1, 2]) await sink.append(entry(number)).durable
  await sink.close()
  const names = readdirSync(join(path, '..')).sort()
  t.same(names, ['audit.jsonl', 'audit.jsonl.000000000001', 'audit.jsonl.lock'])
  for (const name of names) t.equal(statSync(join(path, '..', name)).mode & 0o777, 0o600, name)
})

t.test('a log goes on with its chain when it is opened again', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  for (let number = 1; number <= 3; number++) {
    const sink = await openFileSink({ path })
    t.equal(sink.status().head.sequence, number - 1)
    t.same(Object.keys(sink.status().head).sort(), ['hash', 'sequence'])
    await sink.append(entry(number)).durable
    await sink.close()
  }
  t.match(await verify(path), { records: 3, last: 3, problem: null })
})

t.test('a thousand records at once take a few syncs, and stand in their order', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const { fs, calls } = faultyFs()
  const sink = await openFileSink({ path, fs })
  const receipts = Array.from({ length: 1000 }, (_, index) => sink.append(entry(index + 1)))
  t.equal(sink.status().queued, 1000)
  await Promise.all(receipts.map(receipt => receipt.durable))
  t.ok((calls.datasync ?? 0) <= 3, `${calls.datasync} syncs`)
  t.same(
    records(path).map(record => [record.sequence, record.uid, record.hash]),
    receipts.map(({ sequence, hash }) => [sequence, entry(sequence).uid, hash]),
  )
  t.equal((await verify(path)).problem, null)
  await sink.close()
})

t.test('close waits for what was accepted, and nothing is accepted after it', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path })
  for (let number = 1; number <= 50; number++) sink.append(entry(number))
  await sink.close()
  await sink.close()
  t.equal((await verify(path)).records, 50)
  t.throws(() => sink.append(entry(51)), { code: 'AUDIT_CLOSED' })
})

t.test('records beyond what memory should hold are refused until the disk answers', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path, maxQueuedBytes: 10_000 })
  const text = 'x'.repeat(1000)
  const accepted: Promise<void>[] = []
  t.throws(
    () => {
      for (let i = 0; i < 20; i++) accepted.push(sink.append({ text }).durable)
    },
    { code: 'AUDIT_BUSY' },
  )
  await Promise.all(accepted)
  await sink.append(entry(1)).durable
  t.equal((await verify(path)).records, accepted.length + 1)
  await sink.close()
})

t.test('content that no chain can take leaves the chain as it was', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path })
  t.throws(() => sink.append({ hash: 'mine' }), TypeError)
  await sink.append(entry(1)).durable
  await sink.close()
  t.match(await verify(path), { records: 1, problem: null })
})

t.test(
  'a full file gets the number of its first record; the chain goes on in the next',
  async t => {
    const path = join(t.testdir(), 'audit.jsonl')
    let version = 0
    const preamble = () => [
      { type: 'policy', version: ++version },
      { type: 'facts', version },
    ]
    const sink = await openFileSink({ path, maxBytes: 1000, preamble })
    for (let number = 1; number <= 10; number++) await sink.append(entry(number)).durable
    await sink.close()
    const files = await findLogFiles([path])
    t.ok(files.length > 2)
    for (const [index, file] of files.entries()) {
      const [first, second] = records(file)
      t.match([first, second], [{ type: 'policy' }, { type: 'facts' }], file)
      t.equal(first.version, index + 1, 'the preamble is asked for anew')
      const name = file === path ? path : `${path}.${String(first.sequence).padStart(12, '0')}`
      t.equal(file, name)
    }
    t.match(await verify(path), { records: 10 + 2 * files.length, first: 1, problem: null })
    const missing = await verifyLog(files.filter(file => file !== files[1]).map(fileSource))
    t.match(missing.problem, {
      kind: 'missing-file',
      message: new RegExp(`${files[1]?.split('/').at(-1)}`),
    })
  },
)

t.test('a file that is not full goes on without a preamble when it is opened again', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const preamble = () => [{ type: 'policy' }]
  for (let number = 1; number <= 2; number++) {
    const sink = await openFileSink({ path, preamble })
    await sink.append(entry(number)).durable
    await sink.close()
  }
  t.same(
    records(path).map(record => record.type),
    ['policy', 'decision', 'decision'],
  )
})

t.test('files follow one another while many write, and across restarts', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const preamble = () => [{ type: 'policy' }]
  let accepted = 0
  for (let start = 0; start < 4; start++) {
    const sink = await openFileSink({ path, maxBytes: 20_000, preamble })
    const writer = async () => {
      for (let number = 0; number < 25; number++) {
        await sink.append(entry(number)).durable
        accepted++
      }
    }
    await Promise.all(Array.from({ length: 20 }, writer))
    await sink.close()
  }
  const result = await verify(path)
  t.equal(accepted, 2000)
  t.ok(result.files.length > 30, `${result.files.length} files`)
  t.match(result, { records: accepted + result.files.length, first: 1, problem: null })
})

t.test('a second writer is refused, in this process and in another', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path })
  await t.rejects(openFileSink({ path }), {
    code: 'AUDIT_LOCKED',
    message: /is being written already/,
  })
  const open = `import { openFileSink } from ${JSON.stringify(join(process.cwd(), 'src/audit/file-sink.ts'))}
    await openFileSink({ path: ${JSON.stringify(path)} }).catch(error => console.log(error.code))`
  const inChild = () =>
    execFileSync(process.execPath, ['--input-type=module', '-e', open], { encoding: 'utf8' })
  t.equal(inChild(), 'AUDIT_LOCKED\n')
  await sink.append(entry(1)).durable
  await sink.close()
  t.equal(inChild(), '', 'and the next writer is not kept away')
})

t.test('a directory that is not there is said so', async t => {
  const path = join(t.testdir(), 'no', 'audit.jsonl')
  await t.rejects(openFileSink({ path }), {
    code: 'AUDIT_LOCKED',
    message: /the folder .* does not exist; make it first/,
  })
})

t.test('the mode of a log that was there is left alone', async t => {
  const path = join(t.testdir({ 'audit.jsonl': '' }), 'audit.jsonl')
  chmodSync(path, 0o640)
  const sink = await openFileSink({ path })
  await sink.append(entry(1)).durable
  await sink.close()
  t.equal(statSync(path).mode & 0o777, 0o640)
})
