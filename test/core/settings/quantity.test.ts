import fc from 'fast-check'
import t from 'tap'
import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  timesQuantity,
} from '../../../src/core/settings/quantity.ts'
import { ANY_CHARACTER } from '../../support/any-character.ts'

function read(text: string): Quantity {
  const quantity = parseQuantity(text)
  if (!quantity) throw new Error(`${text} is no quantity`)
  return quantity
}
const bytes = (text: string) => {
  const { numerator, denominator } = read(text)
  return numerator % denominator === 0n ? numerator / denominator : `${numerator}/${denominator}`
}

t.test('every suffix is the number it stands for, exactly', t => {
  const expected = {
    '1n': '1/1000000000',
    '1u': '1/1000000',
    '1m': '1/1000',
    '1': 1n,
    '1k': 1000n,
    '1M': 10n ** 6n,
    '1G': 10n ** 9n,
    '1T': 10n ** 12n,
    '1P': 10n ** 15n,
    '1E': 10n ** 18n,
    '1Ki': 2n ** 10n,
    '1Mi': 2n ** 20n,
    '1Gi': 2n ** 30n,
    '1Ti': 2n ** 40n,
    '1Pi': 2n ** 50n,
    '1Ei': 2n ** 60n,
    '1e3': 1000n,
    '1E3': 1000n,
    '1e+3': 1000n,
    '1e-3': '1/1000',
    '1.5e3': 1500n,
    '1e0': 1n,
  }
  t.same(Object.fromEntries(Object.keys(expected).map(text => [text, bytes(text)])), expected)
  t.end()
})

t.test('signs, points and zeros are read as they are written', t => {
  const same = [
    ['64Mi', '67108864'],
    ['+64Mi', '64Mi'],
    ['.5Gi', '512Mi'],
    ['0.5Gi', '512Mi'],
    ['5.', '5'],
    ['005', '5'],
    ['1.500', '1.5'],
    ['0', '-0'],
    ['0Mi', '0'],
    ['1000m', '1'],
    ['64m', '0.064'],
    ['0.001Ki', '1.024'],
    ['9223372036854775808', '8Ei'],
  ] as const
  for (const [left, right] of same)
    t.equal(compareQuantities(read(left), read(right)), 0, `${left} is ${right}`)
  const ordered = [
    '-1Gi',
    '-1',
    '-1m',
    '0',
    '1n',
    '64m',
    '0.999',
    '1',
    '1000',
    '1Ki',
    '1M',
    '1Mi',
    '1E',
    '1Ei',
  ]
  for (const [index, text] of ordered.entries())
    for (const other of ordered.slice(index + 1)) {
      if (compareQuantities(read(text), read(other)) >= 0) t.fail(`${text} < ${other}`)
      if (compareQuantities(read(other), read(text)) <= 0) t.fail(`${other} > ${text}`)
    }
  t.end()
})

t.test('what is no quantity is none', t => {
  const texts = [
    '',
    ' ',
    '.',
    '-',
    '+',
    'Mi',
    '1 Mi',
    ' 1',
    '1 ',
    '1\n',
    '1mi',
    '1MB',
    '1K',
    '1ki',
    '1Zi',
    '1e',
    '1e1.5',
    '1e1e1',
    '--1',
    '1-',
    '1_000',
    '1,5',
    '0x10',
    'NaN',
    'Infinity',
    '١',
    '1e300',
    '1e-300',
    '1e101',
    `${'9'.repeat(65)}`,
    `1${'0'.repeat(100_000)}`,
    `1e${'9'.repeat(60)}`,
  ]
  for (const text of texts) if (parseQuantity(text) !== undefined) t.fail(JSON.stringify(text))
  t.ok(parseQuantity(`${'9'.repeat(64)}`), '64 digits still are')
  t.ok(parseQuantity('1e100'), 'and 1e100')
  t.end()
})

t.test('the canonical text is short and exact', t => {
  const texts = {
    '1024': '1Ki',
    '1536Mi': '1536Mi',
    '1.5Gi': '1536Mi',
    '1000': '1k',
    '1000000': '1M',
    '1500': '1500',
    '67108864': '64Mi',
    '0Mi': '0',
    '-0': '0',
    '-64Mi': '-64Mi',
    '64m': '0.064',
    '-64m': '-0.064',
    '1n': '0.000000001',
    '1.10': '1.1',
    '0.5': '0.5',
    '12.5': '12.5',
    '1Ei': '1Ei',
    '2000E': '2000E',
    '10G': '10G',
    '1.25G': '1250M',
    '1000Ki': '1000Ki',
  }
  t.same(
    Object.fromEntries(Object.keys(texts).map(text => [text, formatQuantity(read(text))])),
    texts,
  )
  t.end()
})

const quantity = fc
  .tuple(
    fc.constantFrom('', '-', '+'),
    fc.bigInt({ min: 0n, max: 10n ** 20n }),
    fc.option(fc.stringMatching(/^[0-9]{0,12}$/)),
    fc.constantFrom(
      '',
      'n',
      'u',
      'm',
      'k',
      'M',
      'G',
      'T',
      'P',
      'E',
      'Ki',
      'Mi',
      'Gi',
      'Ti',
      'Pi',
      'Ei',
      'e3',
      'E-3',
      'e+2',
    ),
  )
  .map(
    ([sign, whole, fraction, suffix]) =>
      `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`,
  )

t.test('format and parse are each other’s way back', t => {
  fc.assert(
    fc.property(quantity, text => {
      const value = read(text)
      const canonical = formatQuantity(value)
      // A text may be too long to be read again; what is meant is that it is the same number.
      const again = parseQuantity(canonical)
      return again === undefined
        ? canonical.length > 64
        : compareQuantities(again, value) === 0 && formatQuantity(again) === canonical
    }),
    { numRuns: 3000 },
  )
  t.end()
})

t.test('comparing is an order, and multiplying keeps it', t => {
  fc.assert(
    fc.property(quantity, quantity, fc.nat(), (one, other, factor) => {
      const [left, right] = [read(one), read(other)]
      const order = compareQuantities(left, right)
      const product = compareQuantities(timesQuantity(left, factor), timesQuantity(right, factor))
      return order + compareQuantities(right, left) === 0 && product === (factor === 0 ? 0 : order)
    }),
    { numRuns: 3000 },
  )
  t.end()
})

t.test('any text is read in no time, or is none', t => {
  fc.assert(
    fc.property(fc.string({ unit: ANY_CHARACTER, maxLength: 80 }), text => {
      const value = parseQuantity(text)
      return value === undefined || value.denominator > 0n
    }),
    { numRuns: 1500 },
  )
  const started = process.hrtime.bigint()
  for (const text of ['9'.repeat(1e6), `${'0'.repeat(1e6)}x`, `1${'.'.repeat(1e6)}`])
    parseQuantity(text)
  t.ok(process.hrtime.bigint() - started < 1_000_000_000n)
  t.end()
})
