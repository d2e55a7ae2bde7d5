import { createHash } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../../src/audit/canonical-json.ts'
import { after, checkLine, type LineProblem, NO_RECORD, seal } from '../../src/audit/chain.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { ANY_CHARACTER } from '../support/any-character.ts'
import { chainOf, entry, fileOf, headOf, sourceOf } from './support/lines-of.ts'

const content = fc.dictionary(
  fc.string().filter(key => !['sequence', 'prev', 'hash'].includes(key)),
  fc.jsonValue({ stringUnit: ANY_CHARACTER }),
)

t.test('a line is the canonical JSON of the whole record, hashed without its hash', async t => {
  const right = (given: Record<string, unknown>) => {
    const { line, hash } = seal(given, after(NO_RECORD))
    const { hash: inside, ...rest } = JSON.parse(line)
    const sum = createHash('sha256').update(canonicalJson(rest)).digest('hex')
    return canonicalJson({ ...rest, hash: inside }) === line && inside === hash && sum === hash
  }
  t.doesNotThrow(() => fc.assert(fc.property(content, right), { numRuns: 1000 }))
})

t.test('the first record follows 64 zeros, every other one the hash before it', async t => {
  const records = chainOf(3).map(line => JSON.parse(line))
  t.equal(records[0].prev, '0'.repeat(64))
  t.equal(records[1].prev, records[0].hash)
  t.same(
    records.map(record => record.sequence),
    [1, 2, 3],
  )
})

t.test('content cannot bring members that belong to the chain', async t => {
  for (const member of ['sequence', 'prev', 'hash']) {
    t.throws(() => seal({ [member]: 1 }, after(NO_RECORD)), { message: new RegExp(member) })
  }
})

const [one = '', two = '', three = ''] = chainOf(3)
const place = after(headOf([one]))
const rewritten = seal(
  { ...entry(2), decision: 'allowed, really' },
  { ...place, prev: 'a'.repeat(64) },
)
const cases: [name: string, line: string | Buffer, kind: LineProblem['kind'], message: RegExp][] = [
  ['no JSON', two.slice(0, -1), 'bad-json', /not JSON/],
  ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'bad-json', /UTF-8/],
  ['a byte order mark', `\ufeff${two}`, 'bad-json', /not JSON/],
  ['JSON of another kind', '[1]', 'not-a-record', /not a record/],
  ['a record without hash', '{"sequence":2,"prev":""}', 'not-a-record', /not a record/],
  [
    'upper-case hash',
    two.replace(/"hash":"\w+"/, text => text.toUpperCase()),
    'not-a-record',
    /hash/,
  ],
  [
    'a changed value',
    two.replace('allowed', 'denied'),
    'hash-mismatch',
    /record 2 was changed .* its hash is \w{64}, the line says \w{64}/,
  ],
  ['a space', two.replace(',', ', '), 'not-canonical', /record 2/],
  [
    'another order of keys',
    JSON.stringify({ time: 0, ...JSON.parse(two) }).replace('"time":0,', ''),
    'not-canonical',
    /record 2/,
  ],
  [
    'a key that comes twice',
    two.replace('{', '{"decision":"denied",'),
    'not-canonical',
    /record 2/,
  ],
  ['a carriage return', `${two}\r`, 'not-canonical', /record 2/],
  [
    'a later record',
    three,
    'sequence-gap',
    /record 2 is missing here, removed or moved: the line holds record 3/,
  ],
  ['an earlier record', one, 'duplicate', /record 1 comes again where record 2 should be/],
  ['a record of another chain', rewritten.line, 'prev-mismatch', /record 2 does not follow/],
]

for (const [name, line, kind, message] of cases) {
  t.test(`the check of a line finds ${name}`, async t => {
    t.match(checkLine(Buffer.from(line), place).problem, { kind, message })
  })
}

t.test('the check of a line in its place gives the next place', async t => {
  t.same(checkLine(Buffer.from(two), place).next, after(headOf([two])))
  t.same(checkLine(Buffer.from(three), null).next, after(headOf([three])), 'any place may be first')
})

const lines = chainOf(8)
const bytes = Buffer.from(fileOf(lines))
const kindOf = async (content: string | Buffer) =>
  (await verifyLog([sourceOf('log', content, 333)])).problem?.kind

t.test('every changed byte is found', async t => {
  const at = fc.nat(bytes.length - 1)
  const found = async (place: number, difference: number) => {
    const changed = Buffer.from(bytes)
    changed[place] = (changed[place] ?? 0) ^ difference
    return (await kindOf(changed)) !== undefined
  }
  const property = fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), found)
  await t.resolves(fc.assert(property, { numRuns: 3000 }))
})

t.test('every dropped, doubled and swapped line is found', async t => {
  for (const [at, line] of lines.entries()) {
    for (const [other, otherLine] of lines.entries()) {
      t.ok(await kindOf(fileOf(lines.toSpliced(other, 0, line))), `${at} doubled at ${other}`)
      if (at === other) continue
      const swapped = lines.with(at, otherLine).with(other, line)
      t.ok(await kindOf(fileOf(swapped)), `${at} swapped with ${other}`)
    }
    if (at === 0 || at === lines.length - 1) continue
    t.equal(await kindOf(fileOf(lines.toSpliced(at, 1))), 'sequence-gap', `${at} dropped`)
  }
  t.equal(await kindOf(bytes), undefined, 'and nothing is found where nothing was changed')
})

t.test('a dropped first or last line is told by what is known from elsewhere', async t => {
  const known = headOf(lines)
  const options = { head: known.hash, lastSequence: known.sequence }
  const verify = (content: string, extra: object) => verifyLog([sourceOf('log', content)], extra)
  t.match((await verify(fileOf(lines.slice(0, -1)), {})).problem, null)
  t.match((await verify(fileOf(lines.slice(0, -1)), options)).problem, { kind: 'cut-tail' })
  t.match((await verify(fileOf(lines.slice(1)), {})).warnings, [{ kind: 'late-start' }])
  t.match((await verify(fileOf(lines.slice(1)), { complete: true })).problem, {
    kind: 'late-start',
  })
})
