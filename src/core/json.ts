/** Any JSON object, as it came over the wire. */
export type JsonObject = { readonly [key: string]: unknown }

/** True for a JSON object: not null, not an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Own properties only, so that keys such as `constructor` never reach the prototype. */
export function own(object: unknown, key: string): unknown {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined
}

/** Walks own properties along a path; undefined where the path ends early. */
export function at(object: unknown, path: readonly string[]): unknown {
  let value = object
  for (const key of path) value = own(value, key)
  return value
}

/** The text at a path, or undefined where there is none. */
export function textAt(object: unknown, path: readonly string[]): string | undefined {
  const value = at(object, path)
  return typeof value === 'string' ? value : undefined
}

/** The entries of an object that are text; anything else is left out. */
export function textEntries(value: unknown): Readonly<Record<string, string>> {
  const entries: Record<string, string> = Object.create(null)
  if (!isObject(value)) return entries
  for (const [key, text] of Object.entries(value)) if (typeof text === 'string') entries[key] = text
  return entries
}

/** JSON in which the order of keys is always the same. It keeps its own stack, for nesting of any depth. */
export function sortedText(value: unknown): string {
  const rest: Piece[] = [{ value }]
  let text = ''
  for (let piece = rest.pop(); piece !== undefined; piece = rest.pop())
    if (typeof piece === 'string') text += piece
    else if (typeof piece.value !== 'object' || piece.value === null)
      text += JSON.stringify(piece.value) ?? 'null'
    else for (const inner of piecesOf(piece.value).reverse()) rest.push(inner)
  return text
}

type Piece = string | { readonly value: unknown }

function piecesOf(value: object): Piece[] {
  const list = Array.isArray(value)
  const keys = list ? Object.keys(value) : Object.keys(value).sort()
  const pieces: Piece[] = [list ? '[' : '{']
  keys.forEach((key, index) => {
    const name = list ? '' : `${JSON.stringify(key)}:`
    pieces.push(index === 0 ? name : `,${name}`, { value: (value as JsonObject)[key] })
  })
  return [...pieces, list ? ']' : '}']
}

/** Equality of JSON values; the order of keys does not matter. It keeps its own stack, for nesting of any depth. */
export function sameJson(left: unknown, right: unknown): boolean {
  const pairs: unknown[] = [left, right]
  while (pairs.length > 0) {
    const [other, one] = [pairs.pop(), pairs.pop()]
    if (one === other) continue
    if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null)
      return false
    if (Array.isArray(one) !== Array.isArray(other)) return false
    const keys = Object.keys(one)
    if (keys.length !== Object.keys(other).length) return false
    for (const key of keys) {
      if (!Object.hasOwn(other, key)) return false
      pairs.push((one as JsonObject)[key], (other as JsonObject)[key])
    }
  }
  return true
}

// Controls, line and paragraph separators and format characters (bidirectional overrides, joiners, tags): what a terminal would
// act on, or what would make two texts look alike. Letters, marks and emoji stay.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

// What nearly every text is; found many times as fast as that there is nothing to escape.
const PLAIN = /^[ -~]*$/

/** A value from a request as it may stand in a message: JSON, at most `limit` characters, no terminal controls. */
export function show(value: unknown, limit = 64): string {
  return printable(stringify(value) ?? 'nothing', limit)
}

// JSON.stringify recurses, and throws where it gets too deep.
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return 'something nested too deeply to show'
  }
}

/** Text from a request as it may stand in a message: no terminal controls, at most `limit` characters. */
export function printable(text: string, limit = 64): string {
  // An escape is never shorter than what it stands for, so what lies beyond the limit can be cut off first.
  const start = text.slice(0, limit + 1)
  const safe = PLAIN.test(start) ? start : start.toWellFormed().replace(UNPRINTABLE, escaped)
  return safe.length <= limit ? safe : `${safe.slice(0, limit - 1).toWellFormed()}…`
}

// One beyond the Basic Multilingual Plane in the two halves that JSON would write.
function escaped(control: string): string {
  return control
    .split('')
    .map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
