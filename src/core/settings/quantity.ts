/** An exact, non-rounded Kubernetes quantity: numerator over denominator, both integers, denominator positive. */
export type Quantity = { readonly numerator: bigint; readonly denominator: bigint }

// The pattern of the CRD (bandwidthPerMigration), except that an exponent is an integer:
// resource.ParseQuantity refuses "1e1.5" although the pattern lets it pass.
const FORM =
  /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]+))?$/

/** How many bytes a binary suffix stands for. */
export const BINARY: Readonly<Record<string, bigint>> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
}
/** Which power of ten a decimal suffix stands for. */
export const DECIMAL: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}

// resource.Quantity saturates at 2^63-1, so nothing meaningful is longer; the bound keeps BigInt work small.
const LONGEST = 64
const LARGEST_EXPONENT = 100

/** The parts of the text of a quantity. */
export type QuantityParts = {
  readonly negative: boolean
  readonly whole: string
  readonly fraction: string
  readonly family: 'binary' | 'decimal' | 'exponent'
  readonly factor: bigint
  /** Of ten. */
  readonly power: number
}

/** Takes the text of a quantity apart; undefined where it is none (or is absurdly long or large). */
export function splitQuantity(text: string): QuantityParts | undefined {
  const match = text.length <= LONGEST ? FORM.exec(text) : null
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', bare = '', binary, decimal, exponent] = match
  const power = decimal === undefined ? Number(exponent ?? 0) : (DECIMAL[decimal] ?? 0)
  if (Math.abs(power) > LARGEST_EXPONENT) return undefined
  const family =
    binary !== undefined ? 'binary' : exponent !== undefined ? 'exponent' : ('decimal' as const)
  const factor = binary === undefined ? 1n : (BINARY[binary] ?? 1n)
  return { negative: sign === '-', whole, fraction: fraction + bare, family, factor, power }
}

/** Reads a Kubernetes quantity exactly; undefined where the text is none (or is absurdly long or large). */
export function parseQuantity(text: string): Quantity | undefined {
  const parts = splitQuantity(text)
  if (!parts) return undefined
  const { negative, whole, fraction: digits, factor, power } = parts
  const scale = power - digits.length
  const mantissa = BigInt(whole + digits) * (negative ? -1n : 1n)
  return {
    numerator: mantissa * factor * 10n ** BigInt(Math.max(scale, 0)),
    denominator: 10n ** BigInt(Math.max(-scale, 0)),
  }
}

/** Orders two quantities like the rational numbers they are: negative, zero or positive. */
export function compareQuantities(left: Quantity, right: Quantity): number {
  const difference = left.numerator * right.denominator - right.numerator * left.denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

/** The quantity multiplied by a whole number. */
export function timesQuantity(quantity: Quantity, factor: number): Quantity {
  return { numerator: quantity.numerator * BigInt(factor), denominator: quantity.denominator }
}

/** The canonical text: the smallest whole number with a binary or decimal suffix that keeps it exact, else a decimal fraction. */
export function formatQuantity({ numerator, denominator }: Quantity): string {
  if (numerator === 0n) return '0'
  if (numerator % denominator !== 0n) return formatFraction(numerator, denominator)
  const value = numerator / denominator
  const [suffix, factor] = LARGEST_FIRST.find(([, size]) => value % size === 0n) ?? ['', 1n]
  return `${value / factor}${suffix}`
}

const LARGEST_FIRST: readonly (readonly [suffix: string, size: bigint])[] = [
  ...Object.entries(BINARY),
  ...Object.entries(DECIMAL)
    .filter(([, power]) => power > 0)
    .map(([suffix, power]) => [suffix, 10n ** BigInt(power)] as const),
].sort(([, left], [, right]) => (left < right ? 1 : -1))

// Denominators are powers of ten by construction, so shifting the decimal point is exact.
function formatFraction(numerator: bigint, denominator: bigint): string {
  const places = denominator.toString().length - 1
  const digits = (numerator < 0n ? -numerator : numerator).toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return `${numerator < 0n ? '-' : ''}${digits.slice(0, -places)}.${fraction}`
}
