import canonicalize from 'canonicalize'

/** The RFC 8785 text of a JSON value; it does not throw, whatever a request body can hold. */
export function canonicalJson(value: unknown): string {
  try {
    // RFC 8785 takes its numbers and strings from JSON.stringify (sections 3.2.2.2 and 3.2.2.3): one
    // native call over ordered keys is less than half the work of `canonicalize`.
    const text = JSON.stringify(ordered(value))
    // Only lone surrogates are escaped so; a backslash in the text costs no more than time.
    if (text !== undefined && !text.includes('\\ud')) return text
  } catch {
    // Too deep for the call stack, or awkward.
  }
  return canonicalize(representable(value)) ?? 'null'
}

const AWKWARD = new Error('not for JSON.stringify')

// What is in order is no copy but itself: the API server sorts the members of an object.
function ordered(value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw AWKWARD // 1e400 in a body
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return orderedItems(value)
  if ('toJSON' in value && typeof value.toJSON === 'function') return ordered(value.toJSON())
  return orderedMembers(value as Record<string, unknown>)
}

function orderedItems(items: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined
  for (let index = 0; index < items.length; index++) {
    const item = ordered(items[index])
    if (item !== items[index]) copy ??= items.slice(0, index)
    copy?.push(item)
  }
  return copy ?? items
}

function orderedMembers(object: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(object)
  let copy: Record<string, unknown> | undefined
  if (!areOrdered(keys)) {
    keys.sort()
    copy = {}
  }
  for (const key of keys) {
    const member = ordered(object[key])
    if (member !== object[key]) copy ??= upTo(key, object)
    if (copy) copy[key] = member
  }
  return copy ?? object
}

function areOrdered(keys: readonly string[]): boolean {
  let inOrder = true
  let last = ''
  for (const key of keys) {
    const start = key.charCodeAt(0)
    // Objects put numbers before other keys, and "__proto__" would be no key.
    if ((start >= ZERO && start <= NINE) || start === UNDERSCORE) throw AWKWARD
    if (key < last) inOrder = false
    last = key
  }
  return inOrder
}

function upTo(end: string, object: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const key of Object.keys(object)) {
    if (key === end) break
    copy[key] = object[key]
  }
  return copy
}

const ZERO = 48
const NINE = 57
const UNDERSCORE = 95

// Walks with a list instead of recursion: JSON.parse accepts nesting deeper than the call stack.
function representable(root: unknown): unknown {
  const copies = new Map<object, object>()

  function copyOf(value: unknown): unknown {
    if (typeof value === 'string') return value.toWellFormed()
    if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))) {
      return String(value)
    }
    if (typeof value !== 'object' || value === null) return value
    if ('toJSON' in value && typeof value.toJSON === 'function') return copyOf(value.toJSON())
    const known = copies.get(value)
    if (known) return known
    const copy: object = Array.isArray(value) ? [] : Object.create(null)
    copies.set(value, copy)
    return copy
  }

  const result = copyOf(root)
  for (const [source, copy] of copies) {
    if (Array.isArray(copy)) for (const item of source as unknown[]) copy.push(copyOf(item))
    else fill(copy as Record<string, unknown>, source as Record<string, unknown>, copyOf)
  }
  return result
}

// Keys that differ only in lone surrogates become the same text. None is dropped: a well-formed key
// keeps its name, the others follow in the order of RFC 8785 as `name`, `name~2`, `name~3` …
function fill(
  copy: Record<string, unknown>,
  source: Record<string, unknown>,
  copyOf: (value: unknown) => unknown,
): void {
  const keys = Object.keys(source).sort()
  const taken = new Set(keys.filter(key => key.isWellFormed()))
  const counts = new Map<string, number>()
  for (const key of keys) {
    const plain = key.toWellFormed()
    let name = plain
    if (plain !== key) {
      while (taken.has(name)) {
        const count = (counts.get(plain) ?? 1) + 1
        counts.set(plain, count)
        name = `${plain}~${count}`
      }
      taken.add(name)
    }
    copy[name] = copyOf(source[key])
  }
}
