import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { openFileSink } from '../../src/audit/file-sink.ts'
import { fileSource, findLogFiles } from '../../src/audit/log-sources.ts'
import type { Receipt } from '../../src/audit/sink.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { type Call, type Fault, faultyFs } from './support/faulty-fs.ts'
import { entry } from './support/lines-of.ts'

const verify = async (path: string) => verifyLog((await findLogFiles([path])).map(fileSource))
const outcome = (receipt: Receipt) =>
  receipt.durable.then(
    () => 'written',
    error => error.code,
  )

/** Each call of these in turn gets the next fault; afterwards there are none. */
const script = (faults: [Call, Fault][]) => (call: Call) => {
  if (faults[0]?.[0] !== call) return undefined
  return faults.shift()?.[1]
}

const failures: [name: string, faults: [Call, Fault][]][] = [
  ['a full disk', [['write', 'ENOSPC']]],
  [
    'a disk that is full after 100 bytes',
    [
      ['write', 100],
      ['write', 'ENOSPC'],
    ],
  ],
  ['a sync that fails', [['datasync', 'EIO']]],
  [
    'a sync that fails, and the file cannot be cut back at once',
    [
      ['datasync', 'EIO'],
      ['truncate', 'EIO'],
      ['truncate', 'EIO'],
    ],
  ],
  [
    'a sync that fails, and the file cannot be opened again at once',
    [
      ['datasync', 'EIO'],
      ['open', 'EROFS'],
    ],
  ],
  ['a file that cannot be looked at', [['stat', 'EACCES']]],
]

for (const [name, faults] of failures) {
  t.test(`${name} refuses the records that are not on disk, and heals`, async t => {
    const path = join(t.testdir(), 'audit.jsonl')
    const left: [Call, Fault][] = []
    const { fs } = faultyFs(script(left))
    const sink = await openFileSink({ path, fs })
    await sink.append(entry(1)).durable
    const { head } = sink.status()
    const before = readFileSync(path, 'utf8')

    left.push(...faults)
    const receipts = [2, 3, 4].map(number => sink.append(entry(number)))
    const outcomes = await Promise.all(receipts.map(outcome))
    t.notMatch(outcomes, ['written'])
    t.equal(new Set(outcomes).size, 1, 'what waited was chained to what failed')
    t.same(sink.status().head, head)
    t.match(sink.status(), {
      healthy: false,
      error: /injected/,
      queued: 0,
    })

    left.length = 0
    const again = sink.append(entry(5))
    t.equal(again.sequence, 2, 'numbers go on from what is on disk')
    await again.durable
    t.match(sink.status(), { healthy: true, error: null, head: { sequence: 2 } })
    t.ok(readFileSync(path, 'utf8').startsWith(before))
    t.match(await verify(path), { records: 2, problem: null })
    await sink.close()
  })
}

t.test('a log cut back after a failure verifies before anything else is written', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const left: [Call, Fault][] = []
  const sink = await openFileSink({ path, ...faultyFs(script(left)) })
  await sink.append(entry(1)).durable
  left.push(['write', 100], ['write', 'ENOSPC'])
  await t.rejects(sink.append(entry(2)).durable, { code: 'ENOSPC' })
  t.match(await verify(path), { records: 1, problem: null })
  await sink.close()
})

t.test('short writes are completed', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const { fs, calls } = faultyFs(call => (call === 'write' ? 7 : undefined))
  const sink = await openFileSink({ path, fs })
  await Promise.all([1, 2, 3].map(number => sink.append(entry(number)).durable))
  await sink.close()
  t.ok((calls.write ?? 0) > 100)
  t.match(await verify(path), { records: 3, problem: null })
})

t.test('a disk that takes nothing is an error, not an endless loop', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const { fs } = faultyFs(call => (call === 'write' ? 0 : undefined))
  const sink = await openFileSink({ path, fs })
  await t.rejects(sink.append(entry(1)).durable, { message: /took no more bytes/ })
  await sink.close()
})

t.test('records that come while the file is cut back belong to the chain on disk', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const late: Receipt[] = []
  let failing = false
  const { fs } = faultyFs((call, file) => {
    if (!failing || file !== path) return undefined
    if (call === 'truncate' && late.length < 3) late.push(sink.append(entry(9)))
    return call === 'datasync' ? 'EIO' : undefined
  })
  const sink = await openFileSink({ path, fs })
  await sink.append(entry(1)).durable
  failing = true
  t.equal(await outcome(sink.append(entry(2))), 'EIO')
  failing = false
  const outcomes = await Promise.all(late.map(outcome))
  t.ok(outcomes.length > 0)
  await sink.append(entry(3)).durable
  const written = outcomes.filter(each => each === 'written').length
  t.match(await verify(path), { records: 2 + written, problem: null })
  await sink.close()
})

const nextFileFaults: [name: string, faults: [Call, Fault][]][] = [
  ['renamed', [['rename', 'EACCES']]],
  [
    'created',
    [
      ['open', 'ENOSPC'],
      ['open', 'ENOSPC'],
    ],
  ],
  ['written', [['write', 'ENOSPC']]],
  [
    'made durable in its directory',
    [
      ['sync', undefined],
      ['sync', 'EIO'],
    ],
  ],
]

for (const [step, faults] of nextFileFaults) {
  t.test(`where the next file cannot be ${step}, the chain waits for it`, async t => {
    const path = join(t.testdir(), 'audit.jsonl')
    const left: [Call, Fault][] = []
    const { fs } = faultyFs(script(left))
    const preamble = () => [{ type: 'policy' }]
    const sink = await openFileSink({ path, fs, maxBytes: 600, preamble })
    while (readFileSync(path).length < 600) await sink.append(entry(1)).durable
    const records = sink.status().head.sequence
    left.push(...faults)
    t.not(await outcome(sink.append(entry(2))), 'written')
    left.length = 0
    await sink.append(entry(3)).durable
    await sink.close()
    const files = await findLogFiles([path])
    t.equal(files.length, 2)
    t.match(JSON.parse(readFileSync(path, 'utf8').split('\n')[0] ?? ''), { type: 'policy' })
    t.match(await verify(path), { records: records + 2, problem: null })
  })
}

t.test('a preamble that did not reach the disk is written again', async t => {
  const path = join(t.testdir(), 'audit.jsonl')
  const left: [Call, Fault][] = [['write', 'ENOSPC']]
  const sink = await openFileSink({
    path,
    ...faultyFs(script(left)),
    preamble: () => [{ type: 'policy' }],
  })
  t.equal(await outcome(sink.append(entry(1))), 'ENOSPC')
  await sink.append(entry(2)).durable
  await sink.close()
  t.match(readFileSync(path, 'utf8'), /"type":"policy".*\n.*"type":"decision"/)
  t.match(await verify(path), { records: 2, problem: null })
})

const meddling: [name: string, meddle: (path: string) => void, problem: string | null][] = [
  ['moved away', path => renameSync(path, `${path}.old`), null],
  ['removed', path => rmSync(path), null],
  ['emptied', path => truncateSync(path, 0), null],
  ['cut in a line', path => truncateSync(path, 500), 'bad-json'],
  ['written by something else', path => appendFileSync(path, 'log line\n'), 'bad-json'],
]

for (const [name, meddle, problem] of meddling) {
  t.test(`a file that is ${name} is noticed; the chain goes on in a new file`, async t => {
    const path = join(t.testdir(), 'audit.jsonl')
    const sink = await openFileSink({ path, preamble: () => [{ type: 'policy' }] })
    for (const number of [1, 2]) await sink.append(entry(number)).durable
    meddle(path)
    t.not(await outcome(sink.append(entry(3))), 'written')
    t.equal(sink.status().head.sequence, 3)
    await sink.append(entry(4)).durable
    await sink.close()
    const [first, second] = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line))
    t.match(
      [first, second],
      [
        { type: 'policy', sequence: 4 },
        { type: 'decision', sequence: 5 },
      ],
    )
    const names = readdirSync(dirname(path)).filter(file => !file.endsWith('.lock'))
    const files = names.map(file => fileSource(join(dirname(path), file)))
    const result = await verifyLog(files)
    t.equal(result.problem?.kind ?? null, problem, names.map(file => basename(file)).join(' '))
  })
}

// One number per call that reaches the disk: which fault it meets, if any.
const CODES = ['ENOSPC', 'EIO', 'EROFS', 'ESTALE'] as const
function faultOf(dice: number, call: Call): Fault {
  if (dice >= 12) return undefined
  return call === 'write' && dice < 4 ? dice * 50 : CODES[dice % CODES.length]
}

t.test('whatever fails, the log holds exactly the records that were called durable', async t => {
  const script = fc.record({
    rounds: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 }),
    dice: fc.infiniteStream(fc.nat(60)),
  })
  let run = 0
  const dir = t.testdir()
  const holds = async ({ rounds, dice }: { rounds: number[]; dice: Iterator<number> }) => {
    const path = join(dir, `${++run}.jsonl`)
    let faulty = false
    const { fs } = faultyFs(call => {
      if (!faulty) return noSync(call)
      return faultOf(dice.next().value, call) ?? noSync(call)
    })
    const sink = await openFileSink({
      path,
      fs,
      maxBytes: 1500,
      preamble: () => [{ type: 'policy' }],
    })
    const durable = new Map<number, string>()
    faulty = true
    for (const count of [...rounds, 1]) {
      const receipts = Array.from({ length: count }, (_, index) => sink.append(entry(index)))
      for (const receipt of receipts) {
        if ((await outcome(receipt)) === 'written') durable.set(receipt.sequence, receipt.hash)
      }
    }
    faulty = false
    const last = sink.append(entry(99))
    await last.durable
    durable.set(last.sequence, last.hash)
    await sink.close()
    const records = (await findLogFiles([path]))
      .flatMap(file => readFileSync(file, 'utf8').split('\n').slice(0, -1))
      .map(line => JSON.parse(line))
      .filter(({ type }) => type === 'decision')
    const { problem } = await verifyLog((await findLogFiles([path])).map(fileSource))
    const told = JSON.stringify([...durable])
    const there = JSON.stringify(records.map(({ sequence, hash }) => [sequence, hash]))
    if (problem || told !== there) throw new Error(`${JSON.stringify(problem)} ${told} ${there}`)
  }
  await t.resolves(fc.assert(fc.asyncProperty(script, holds), { numRuns: 100 }))
})

function noSync(call: Call): Fault {
  return call === 'sync' || call === 'datasync' ? 'skip' : undefined
}
