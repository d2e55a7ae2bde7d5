import fc from 'fast-check'

const HALVES = 0xd800
const HALVES_COUNT = 0x800

/** Any code point but half a surrogate pair: `unit: 'binary'` of fast-check, which spends half a second on a map of them all. */
export const ANY_CHARACTER = fc
  .integer({ min: 0, max: 0x10ffff - HALVES_COUNT })
  .map(index => String.fromCodePoint(index < HALVES ? index : index + HALVES_COUNT))
