import canonicalize from 'canonicalize'
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../../src/audit/canonical-json.ts'
import { ANY_CHARACTER } from '../support/any-character.ts'

const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)

const cases: [name: string, value: unknown, text: string][] = [
  [
    'orders keys by UTF-16 code units',
    { b: 1, '\ufb33': 3, '😀': 2, a: 0 },
    '{"a":0,"b":1,"😀":2,"\ufb33":3}',
  ],
  ['orders keys that are numbers as text', { 9: 'nine', 10: 'ten' }, '{"10":"ten","9":"nine"}'],
  ['orders keys at every depth', [{ z: { b: 1, a: 2 }, y: [] }], '[{"y":[],"z":{"a":2,"b":1}}]'],
  [
    'writes numbers as ECMAScript does',
    [1e21, -0, 1e-7, 333333333.3333333],
    '[1e+21,0,1e-7,333333333.3333333]',
  ],
  [
    'escapes only what must be escaped',
    '\u0000\u001f"\\/\u007f\u2028é',
    '"\\u0000\\u001f\\"\\\\/\u007f\u2028é"',
  ],
  ['leaves out undefined members', { a: undefined, b: [undefined] }, '{"b":[null]}'],
  ['writes nothing at all as null', undefined, 'null'],
  ['writes a date as JSON does', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  [
    'keeps a key __proto__',
    JSON.parse('{"b":1,"__proto__":{"a":1}}'),
    '{"__proto__":{"a":1},"b":1}',
  ],
  ['keeps a text that looks like an escape', '\\ud800', '"\\\\ud800"'],
  [
    'replaces a lone surrogate in a text',
    ['\ud800', 'a\udc00b', '😀'],
    '["\ufffd","a\ufffdb","😀"]',
  ],
  ['replaces a lone surrogate in a key', { '\ud800': 1 }, '{"\ufffd":1}'],
  [
    'keeps every member whose key becomes that of another',
    { '\ud801': 'second', '\ufffd': 'own', '\ud800': 'first', '\ufffd~2': 'taken' },
    '{"\ufffd":"own","\ufffd~2":"taken","\ufffd~3":"first","\ufffd~4":"second"}',
  ],
  [
    'writes a number beyond all numbers as text',
    JSON.parse('[1e400,-1e400]'),
    '["Infinity","-Infinity"]',
  ],
  ['writes a bigint as text', { n: 2n ** 64n }, '{"n":"18446744073709551616"}'],
  [
    'writes a date beside a lone surrogate',
    [new Date(0), '\ud800'],
    '["1970-01-01T00:00:00.000Z","\ufffd"]',
  ],
]

for (const [name, value, text] of cases) {
  t.test(name, async t => t.equal(canonicalJson(value), text))
}

t.test('writes what is nested deeper than the call stack', async t => {
  t.equal(canonicalJson(deep).length, 200_000)
  t.equal(canonicalJson([deep, '\ud800']).length, 200_006)
})

function holds(property: Parameters<typeof fc.assert>[0]): void {
  fc.assert(property, { numRuns: 2000 })
}

t.test('agrees with canonicalize on every value', async t => {
  const key = fc.oneof(
    fc.string({ unit: ANY_CHARACTER }),
    fc.constantFrom('__proto__', 'toJSON', '7', '-'),
  )
  const value = fc.jsonValue({ stringUnit: ANY_CHARACTER })
  const same = (given: unknown) => canonicalJson(given) === canonicalize(given)
  t.doesNotThrow(() => holds(fc.property(fc.oneof(value, fc.dictionary(key, value)), same)))
})

// Code units instead of characters: every second text has a lone surrogate.
const brokenText = fc
  .array(fc.oneof(fc.integer({ min: 0xd7fe, max: 0xe001 }), fc.integer({ min: 97, max: 99 })), {
    maxLength: 4,
  })
  .map(units => String.fromCharCode(...units))

t.test('never throws and loses no member, whatever the text', async t => {
  const kept = (given: object) => {
    const back = JSON.parse(canonicalJson(given))
    return (
      Object.keys(back).length === Object.keys(given).length &&
      canonicalJson(back) === canonicalJson(given)
    )
  }
  t.doesNotThrow(() => holds(fc.property(fc.dictionary(brokenText, brokenText), kept)))
})

t.test('does not depend on the order of keys', async t => {
  const pair = fc
    .dictionary(fc.oneof(brokenText, fc.string()), fc.jsonValue(), { minKeys: 2 })
    .chain(given =>
      fc
        .shuffledSubarray(Object.entries(given), { minLength: Object.keys(given).length })
        .map(entries => [given, Object.fromEntries(entries)]),
    )
  const same = ([one, other]: unknown[]) => canonicalJson(one) === canonicalJson(other)
  t.doesNotThrow(() => holds(fc.property(pair, same)))
})
