import { isUtf8 } from 'node:buffer'
import { hash as digest } from 'node:crypto'
import { isObject, type JsonObject, printable } from '../core/json.ts'
import { canonicalJson } from './canonical-json.ts'

/** The newest record of a chain; number 0 stands before the first. */
export type Head = { readonly sequence: number; readonly hash: string }

/** Where a record goes: its number, and the hash of the record before it. */
export type Link = { readonly sequence: number; readonly prev: string }

/** A record as it stands in the log. */
export type SealedRecord = JsonObject & Link & { readonly hash: string }

/** What can be wrong with a line of the log. */
export type LineProblem = {
  readonly kind:
    | 'bad-json'
    | 'not-a-record'
    | 'hash-mismatch'
    | 'not-canonical'
    | 'sequence-gap'
    | 'duplicate'
    | 'prev-mismatch'
  readonly message: string
}

type Wrong = {
  readonly problem: LineProblem
  readonly record?: undefined
  readonly next?: undefined
}

/** A record that is in its place, with the place after it, or what is wrong with the line. */
export type CheckedLine =
  | { readonly record: SealedRecord; readonly next: Link; readonly problem?: undefined }
  | Wrong

/** The head of a chain without records. */
export const NO_RECORD: Head = { sequence: 0, hash: '0'.repeat(64) }

const MEMBERS = ['sequence', 'prev', 'hash']
const SHA256 = /^[0-9a-f]{64}$/

/** The place after a head. */
export function after(head: Head): Link {
  return { sequence: head.sequence + 1, prev: head.hash }
}

/** The line of a record at its place in the chain; `hash` is SHA-256 over the line without `hash`. */
export function seal(
  content: JsonObject,
  { sequence, prev }: Link,
): { line: string; hash: string } {
  const taken = MEMBERS.find(name => Object.hasOwn(content, name))
  if (taken) throw new TypeError(`audit record: the member "${taken}" belongs to the chain`)

  // The members before and after "hash" are written apart, so that the text is made only once.
  // No prototype: a key "__proto__" must stay a key.
  const left: Record<string, unknown> = Object.create(null)
  const right: Record<string, unknown> = Object.create(null)
  const all: JsonObject = { ...content, prev, sequence }
  for (const key of Object.keys(all).sort()) (key < 'hash' ? left : right)[key] = all[key]
  const leftText = canonicalJson(left)
  const start = leftText === '{}' ? '{' : `${leftText.slice(0, -1)},`
  const rest = canonicalJson(right).slice(1)
  const hash = digest('sha256', start + rest)
  return { line: `${start}"hash":"${hash}",${rest}`, hash }
}

/** Checks one line, without its line break; `expected` null accepts any number as the first one. */
export function checkLine(line: Buffer, expected: Link | null): CheckedLine {
  const parsed = parse(line)
  if (parsed.problem) return parsed
  const { sequence, prev, hash, ...content } = parsed.record
  const again = seal(content, { sequence, prev })
  if (again.hash !== hash) {
    return wrong(
      'hash-mismatch',
      `record ${sequence} was changed after it was written: its hash is ${again.hash}, the line says ${hash}`,
    )
  }
  if (!line.equals(Buffer.from(again.line))) {
    return wrong(
      'not-canonical',
      `record ${sequence} was written again by something else: the content is the same, the text is not`,
    )
  }
  const place = expected ?? (sequence === 1 ? after(NO_RECORD) : { sequence, prev })
  return misplaced(parsed.record, place) ?? { record: parsed.record, next: after(parsed.record) }
}

function parse(line: Buffer): { record: SealedRecord; problem?: undefined } | Wrong {
  // Decoding would turn different malformed bytes into the same text, and hide that they changed.
  if (!isUtf8(line)) return wrong('bad-json', 'the line is not UTF-8 text')
  let record: unknown
  try {
    record = JSON.parse(line.toString())
  } catch (error) {
    return wrong('bad-json', `the line is not JSON: ${printable((error as Error).message, 120)}`)
  }
  if (isSealed(record)) return { record }
  return wrong('not-a-record', 'the line is JSON, but not a record with sequence, prev and hash')
}

function isSealed(value: unknown): value is SealedRecord {
  return (
    isObject(value) &&
    Number.isSafeInteger(value.sequence) &&
    (value.sequence as number) > 0 &&
    SHA256.test(String(value.prev)) &&
    SHA256.test(String(value.hash))
  )
}

function misplaced({ sequence, prev }: Link, place: Link): Wrong | null {
  if (sequence > place.sequence) {
    return wrong(
      'sequence-gap',
      `${missing(place.sequence, sequence - 1)} here, removed or moved: the line holds record ${sequence}`,
    )
  }
  if (sequence < place.sequence) {
    return wrong(
      'duplicate',
      `record ${sequence} comes again where record ${place.sequence} should be`,
    )
  }
  if (prev === place.prev) return null
  return wrong(
    'prev-mismatch',
    `record ${sequence} does not follow the record before it: it names the hash ${prev}, that record has ${place.prev}`,
  )
}

/** Names missing records. */
export function missing(first: number, last: number): string {
  return first === last ? `record ${first} is missing` : `records ${first} to ${last} are missing`
}

function wrong(kind: LineProblem['kind'], message: string): Wrong {
  return { problem: { kind, message } }
}
