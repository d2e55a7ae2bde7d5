import {
  BINARY,
  DECIMAL,
  parseQuantity,
  type Quantity,
  type QuantityParts,
  splitQuantity,
} from './quantity.ts'

/**
 * The text that Kubernetes writes for a quantity after reading it: in the largest unit of its family that leaves a whole
 * number, so that 1024Mi becomes 1Gi; or just as it was, where a glance takes it for that already (apimachinery
 * pkg/api/resource quantity.go, ParseQuantity and CanonicalizeBytes). What is below one byte and not 0 stays as it is.
 */
export function rewriteQuantity(text: string): string {
  const parts = splitQuantity(text)
  const quantity = parseQuantity(text)
  if (parts === undefined || quantity === undefined) return text
  const { numerator, denominator } = quantity
  if (numerator === 0n) return '0'
  if (numerator < denominator || looksCanonical(parts)) return text
  if (parts.family !== 'binary') return inDecimal(quantity, parts.family)
  const bytes = numerator / denominator
  if (bytes >= LARGEST) return inBinary(LARGEST)
  const whole = numerator % denominator === 0n
  return bytes < 1024n || !whole ? inDecimal(quantity, 'decimal') : inBinary(bytes)
}

const LARGEST = 2n ** 63n - 1n

// How much of a number is looked at for that: what fits into 64 bits for sure.
const DIGITS = 18
const BINARY_DIGITS: Readonly<Record<string, number>> = { Ki: 11, Mi: 8, Gi: 5, Ti: 2 }
const FINEST = -9

function looksCanonical({ whole, fraction, family, factor, power }: QuantityParts): boolean {
  const digits = whole.replace(/^0+/, '') || '0'
  if (family === 'binary') {
    const unit = Object.keys(BINARY).find(suffix => BINARY[suffix] === factor) ?? ''
    const short = digits.length <= (BINARY_DIGITS[unit] ?? 0)
    return fraction === '' && short && BigInt(digits) % 8n !== 0n
  }
  const all = digits + fraction
  const scale = power - fraction.length
  const short = all.length <= DIGITS && scale >= FINEST
  return short && scale % 3 === 0 && !all.endsWith('000') && !all.startsWith('0')
}

function inBinary(bytes: bigint): string {
  const [suffix, unit] = LARGEST_FIRST.find(([, size]) => bytes % size === 0n) ?? ['', 1n]
  return `${bytes / unit}${suffix}`
}

const LARGEST_FIRST = Object.entries(BINARY).reverse()

function inDecimal({ numerator, denominator }: Quantity, family: 'decimal' | 'exponent'): string {
  // What is finer than a billionth is rounded up.
  let digits = (numerator * 10n ** 9n + denominator - 1n) / denominator
  let exponent = FINEST
  while (digits % 10n === 0n) {
    digits /= 10n
    exponent += 1
  }
  while (exponent % 3 !== 0) {
    digits *= 10n
    exponent -= 1
  }
  if (exponent === 0) return String(digits)
  if (family === 'exponent') return `${digits}e${exponent}`
  const suffix = Object.keys(DECIMAL).find(each => DECIMAL[each] === exponent)
  return `${digits}${suffix ?? ''}`
}
