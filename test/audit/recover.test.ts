import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { NO_RECORD } from '../../src/audit/chain.ts'
import { openFileSink } from '../../src/audit/file-sink.ts'
import { fileSource, findLogFiles } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { type Call, type Fault, faultyFs } from './support/faulty-fs.ts'
import { chainOf, fileOf, headOf } from './support/lines-of.ts'

const lines = chainOf(5)
const whole = Buffer.from(fileOf(lines))
const bytesOf = (records: number) => Buffer.byteLength(fileOf(lines.slice(0, records)))
const verify = async (path: string) => verifyLog((await findLogFiles([path])).map(fileSource))
const tornFiles = (path: string) =>
  readdirSync(dirname(path)).filter(name => name.startsWith(`${basename(path)}.torn-`))

/** Opens the log, writes one more record, and closes it; the new records. */
async function goOn(path: string, options: object = {}) {
  const sink = await openFileSink({ path, ...options })
  await sink.append({ type: 'start' }).durable
  await sink.close()
  const all = readFileSync(path, 'utf8').trimEnd().split('\n')
  return all.map(line => JSON.parse(line))
}

t.test('a log cut anywhere in its last two records goes on after the last whole one', async t => {
  const small = chainOf(4, NO_RECORD, number => ({ number }))
  const content = fileOf(small)
  const [two, three] = [2, 3].map(count => fileOf(small.slice(0, count)).length) as [number, number]
  const dirs = ['a', 'b', 'c', 'd']
  const root = t.testdir(Object.fromEntries(dirs.map(name => [name, {}])))

  async function cutAt(length: number, path: string) {
    writeFileSync(path, content.slice(0, length))
    const records = length === content.length ? 4 : length < three ? 2 : 3
    const torn = content.slice(fileOf(small.slice(0, records)).length, length)
    const note = {
      type: 'recovery',
      tornBytes: torn.length,
      tornSha256: createHash('sha256').update(torn).digest('hex'),
      tornFile: `audit.jsonl.torn-${String(records + 1).padStart(12, '0')}`,
    }
    const added = (await goOn(path, { fs: faultyFs(noSync).fs })).slice(records)
    t.match(added, torn ? [note, { type: 'start' }] : [{ type: 'start' }], `cut at ${length}`)
    t.equal((await verify(path)).problem, null)
    if (torn === '') return
    const tornFile = join(dirname(path), note.tornFile)
    t.equal(readFileSync(tornFile, 'utf8'), torn)
    rmSync(tornFile)
  }

  async function every(step: number, from: number, path: string) {
    for (let length = from; length <= content.length; length += step) await cutAt(length, path)
  }
  await Promise.all(
    dirs.map((dir, index) => every(dirs.length, two + index, join(root, dir, 'audit.jsonl'))),
  )
})

// What happens on power loss is played by the bytes themselves; a thousand real syncs take seconds.
function noSync(call: Call): Fault {
  return call === 'sync' || call === 'datasync' ? 'skip' : undefined
}

const damage: [name: string, content: Buffer, records: number][] = [
  [
    'a last record that was not written whole, with its line break',
    Buffer.from(`${fileOf(lines.slice(0, 4))}${lines[4]?.slice(0, 50)}\n`),
    4,
  ],
  [
    'a page that did not reach the disk, before pages that did',
    Buffer.from(whole).fill(0, bytesOf(2) + 20, bytesOf(2) + 60),
    2,
  ],
  ['a file of zeros', Buffer.alloc(5000), 0],
  ['a tail of zeros', Buffer.concat([whole, Buffer.alloc(100_000)]), 5],
  ['half of the first record', whole.subarray(0, 100), 0],
]

for (const [name, content, records] of damage) {
  t.test(`${name} is set aside and noted`, async t => {
    const path = join(t.testdir({ 'audit.jsonl': content }), 'audit.jsonl')
    const all = await goOn(path, { preamble: () => [{ type: 'policy' }] })
    const [note, next] = all.slice(records)
    t.match(note, { type: 'recovery', sequence: records + 1, time: /^2/ })
    t.match(next, { type: records === 0 ? 'policy' : 'start' })
    const [tornFile = ''] = tornFiles(path)
    const torn = readFileSync(join(dirname(path), tornFile))
    t.ok(torn.equals(content.subarray(bytesOf(records))), 'not a byte is lost')
    t.match(note, { tornFile, tornBytes: torn.length })
    t.match(await verify(path), { problem: null, recoveries: 1, last: all.length })
    t.equal((await goOn(path)).length, all.length + 1, 'it is noted once')
  })
}

t.test('whichever pages of one write a crash leaves, all records before it are kept', async t => {
  const before = chainOf(3)
  const batch = chainOf(40, headOf(before), number => ({ number, text: 'x'.repeat(300) }))
  const [synced, content] = [
    Buffer.byteLength(fileOf(before)),
    Buffer.from(fileOf([...before, ...batch])),
  ]
  const pages = Math.ceil(content.length / PAGE)
  const left = fc.tuple(
    fc.array(fc.boolean(), { minLength: pages, maxLength: pages }),
    fc.integer({ min: synced, max: content.length }),
  )
  const path = join(t.testdir({}), 'audit.jsonl')
  const crash = fc.asyncProperty(left, async ([there, length]) => {
    const torn = Buffer.from(content.subarray(0, length))
    for (const [page, kept] of there.entries()) {
      const [from, to] = [page * PAGE, (page + 1) * PAGE].map(at =>
        Math.min(Math.max(at, synced), length),
      )
      if (!kept) torn.fill(0, from, to)
    }
    for (const name of tornFiles(path)) rmSync(join(dirname(path), name))
    writeFileSync(path, torn)
    const all = await goOn(path, { fs: faultyFs(noSync).fs })
    const end = torn.indexOf(0)
    const whole = (end === -1 ? torn : torn.subarray(0, end)).toString().split('\n').length - 1
    assert.ok(whole >= 3)
    const kept = torn.length === Buffer.byteLength(fileOf([...before, ...batch].slice(0, whole)))
    assert.equal(all[whole].type, kept ? 'start' : 'recovery')
    assert.equal((await verify(path)).problem, null)
  })
  await fc.assert(crash, { numRuns: 50 })
})

const PAGE = 4096

t.test('what is set aside is told to whoever opens the log', async t => {
  const path = join(t.testdir({ 'audit.jsonl': `${fileOf(lines)}{"torn` }), 'audit.jsonl')
  const told: object[] = []
  const onRecovery = (note: object) => told.push(note)
  await goOn(path, { onRecovery })
  t.match(told, [{ tornBytes: 6, tornFile: 'audit.jsonl.torn-000000000006' }])
  await goOn(path, { onRecovery })
  t.equal(told.length, 1)
})

const refused: [name: string, content: string][] = [
  ['a last record that was changed', fileOf(lines).replace(/allowed(?=[^\n]*\n$)/, 'granted')],
  ['a last record of another chain', fileOf([...lines.slice(0, 4), '{"sequence":5}'])],
  [
    'a last record that was written again by something else',
    fileOf([...lines.slice(0, 4), JSON.stringify(JSON.parse(lines[4] ?? ''), null, 1)])
      .replaceAll('\n ', ' ')
      .replace('\n}', '}'),
  ],
  [
    'a last record that was changed, and torn bytes after it',
    `${fileOf(lines).replace(/allowed(?=[^\n]*\n$)/, 'denied')}{"type`,
  ],
  ['two last records that were changed', fileOf(lines).replaceAll(/allowed|denied/g, 'granted')],
  ['a file of one line that is no log', '-----BEGIN PRIVATE KEY-----\n'],
  ['a file of many lines that is no log', 'a\nb\nc\n'],
]

for (const [name, content] of refused) {
  t.test(`${name} keeps the guard from starting, and nothing is touched`, async t => {
    const path = join(t.testdir({ 'audit.jsonl': content }), 'audit.jsonl')
    await t.rejects(openFileSink({ path }), {
      code: 'AUDIT_DAMAGED',
      message: /cannot be verified.*move every file/,
    })
    t.equal(readFileSync(path, 'utf8'), content)
    t.same(tornFiles(path), [])
    rmSync(path)
    await goOn(path)
    t.equal((await verify(path)).problem, null, 'and the advice is good')
  })
}

t.test('a log without an active file goes on after its newest full file', async t => {
  const full = { 'audit.jsonl.000000000001': fileOf(lines.slice(0, 3)) }
  const later = { 'audit.jsonl.000000000004': fileOf(lines.slice(3)) }
  for (const active of [{}, { 'audit.jsonl': '' }, { 'audit.jsonl': '{"torn' }]) {
    const path = join(t.testdir({ ...full, ...later, ...active }), 'audit.jsonl')
    const [first] = await goOn(path)
    t.match(first, { sequence: 6, prev: headOf(lines).hash })
    t.equal((await verify(path)).problem, null)
  }
})

t.test('a full file that does not verify keeps the guard from starting', async t => {
  const path = join(
    t.testdir({ 'audit.jsonl.000000000001': fileOf(lines).slice(0, -9) }),
    'audit.jsonl',
  )
  await t.rejects(openFileSink({ path }), { code: 'AUDIT_DAMAGED', message: /000000000001/ })
})

t.test('only the end of a long log is read', async t => {
  const long = chainOf(3000)
  const path = join(t.testdir({ 'audit.jsonl': fileOf(long) }), 'audit.jsonl')
  const all = await goOn(path)
  t.match(all.at(-1), { sequence: 3001, prev: headOf(long).hash })
})

t.test('a record of several megabytes is found whole, and set aside whole', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const sink = await openFileSink({ path })
  await sink.append({ text: 'x'.repeat(3_000_000) }).durable
  await sink.append({ text: 'y'.repeat(3_000_000) }).durable
  await sink.close()
  const content = readFileSync(path)
  const second = content.indexOf('\n') + 1
  writeFileSync(path, content.subarray(0, -1))
  const [, note, next] = await goOn(path)
  t.match(note, { type: 'recovery', sequence: 2, tornBytes: content.length - 1 - second })
  t.match(next, { type: 'start', sequence: 3 })
})

t.test('a note that could not be written is written with the next record', async t => {
  const path = join(t.testdir({ 'audit.jsonl': `${fileOf(lines)}{"torn` }), 'audit.jsonl')
  let full = true
  const { fs } = faultyFs((call, file) =>
    full && call === 'write' && file === path ? 'ENOSPC' : undefined,
  )
  const sink = await openFileSink({ path, fs })
  t.match(sink.status(), { healthy: false, error: /ENOSPC/ })
  await t.rejects(sink.append({ type: 'start' }).durable, { code: 'ENOSPC' })
  full = false
  const { sequence, durable } = sink.append({ type: 'start' })
  await durable
  t.equal(sequence, 7)
  await sink.close()
  t.match(await verify(path), { problem: null, recoveries: 1 })
})

t.test('a note that another crash prevented is written at the next start', async t => {
  const path = join(t.testdir({ 'audit.jsonl': `${fileOf(lines)}{"torn` }), 'audit.jsonl')
  const { fs } = faultyFs((call, file) => (call === 'write' && file === path ? 'EIO' : undefined))
  await (await openFileSink({ path, fs })).close()
  t.equal(readFileSync(path, 'utf8'), fileOf(lines), 'set aside, not noted')
  writeFileSync(path, `${fileOf(lines)}{"type":"recov`)
  const all = await goOn(path)
  t.match(all.slice(5), [
    { type: 'recovery', tornBytes: 6, tornFile: 'audit.jsonl.torn-000000000006' },
    { type: 'recovery', tornBytes: 14, tornFile: 'audit.jsonl.torn-000000000007' },
    { type: 'start' },
  ])
  t.equal((await verify(path)).problem, null)
})

t.test('what cannot be set aside stays where it is', async t => {
  const content = `${fileOf(lines)}{"torn`
  const path = join(t.testdir({ 'audit.jsonl': content }), 'audit.jsonl')
  const { fs } = faultyFs((call, file) =>
    call === 'sync' && file.includes('torn') ? 'ENOSPC' : undefined,
  )
  await t.rejects(openFileSink({ path, fs }), { code: 'ENOSPC' })
  t.equal(readFileSync(path, 'utf8'), content)
  t.same(tornFiles(path), [], 'and leaves no half copy')
  t.match((await goOn(path))[5], { type: 'recovery' }, 'the next start tries again')
})

t.test('a path relative to the working directory names the same files', async t => {
  const dir = t.testdir({
    'audit.jsonl': `${fileOf(lines)}{"torn`,
    'audit.jsonl.torn-000000000006': 'x',
  })
  const path = `./${relative(process.cwd(), dir)}/audit.jsonl`
  t.match((await goOn(path)).slice(5), [{ tornBytes: 1 }, { tornBytes: 6 }, { type: 'start' }])
})

t.test('what lies beside from another chain is not noted', async t => {
  const other = { 'audit.jsonl.torn-000000000018': 'other' }
  const path = join(t.testdir({ 'audit.jsonl': fileOf(lines), ...other }), 'audit.jsonl')
  t.match((await goOn(path)).slice(5), [{ type: 'start', sequence: 6 }])
  t.equal((await verify(path)).recoveries, 0)
})
