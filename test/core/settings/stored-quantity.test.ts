import fc from 'fast-check'
import t from 'tap'
import { compareQuantities, parseQuantity } from '../../../src/core/settings/quantity.ts'
import { rewriteQuantity } from '../../../src/core/settings/stored-quantity.ts'

// Each as resource.ParseQuantity and MarshalJSON of apimachinery 0.34 make it.
const WRITTEN: Readonly<Record<string, string>> = {
  '64Mi': '64Mi',
  '1024Mi': '1Gi',
  '2048Ki': '2Mi',
  '1000Ki': '1000Ki',
  '1.5Gi': '1536Mi',
  '0.5Ki': '512',
  '.5Ki': '512',
  '1.0001Ki': '1024102400u',
  '0Mi': '0',
  '+0': '0',
  '00': '0',
  '3Ti': '3Ti',
  '7Pi': '7Pi',
  '8Ei': '9223372036854775807',
  '1000': '1k',
  '1000000': '1M',
  '1024': '1024',
  '1024k': '1024k',
  '1048576k': '1048576k',
  '1.5': '1500m',
  '1500m': '1500m',
  '2000m': '2',
  '1.25G': '1250M',
  '1e3': '1e3',
  '1E3': '1E3',
  '1e2': '100',
  '12e2': '1200',
  '1e50': '100e48',
  '1000E': '1',
  '1.00000000001': '1000000001n',
  // What looks canonical is taken for it.
  '+5Mi': '+5Mi',
  '010Mi': '010Mi',
  '08Mi': '8Mi',
  '5.Mi': '5.Mi',
  '1.500M': '1.500M',
  // Refused all the same, and told as it was written.
  '64m': '64m',
  '-1024Mi': '-1024Mi',
  '1e1.5': '1e1.5',
  '64MB': '64MB',
  '': '',
}

t.test('a quantity is written as Kubernetes writes it', t => {
  const texts = Object.keys(WRITTEN)
  t.same(Object.fromEntries(texts.map(text => [text, rewriteQuantity(text)])), WRITTEN)
  t.end()
})

t.test('it stays the same quantity, and is written once', t => {
  const suffix = fc.constantFrom('', 'Ki', 'Mi', 'Gi', 'Ti', 'k', 'M', 'G', 'T', 'e3', 'e-3', 'E6')
  const digits = fc.nat({ max: 999_999 })
  const fraction = fc.option(fc.nat({ max: 999 }).map(String), { nil: undefined })
  fc.assert(
    fc.property(digits, fraction, suffix, (whole, decimals, unit) => {
      const text = `${whole}${decimals === undefined ? '' : `.${decimals}`}${unit}`
      const written = rewriteQuantity(text)
      const [before, after] = [parseQuantity(text), parseQuantity(written)]
      if (before === undefined || after === undefined) return false
      const isExact = (10n ** 9n * before.numerator) % before.denominator === 0n
      return (
        (!isExact || compareQuantities(before, after) === 0) && rewriteQuantity(written) === written
      )
    }),
  )
  t.end()
})
