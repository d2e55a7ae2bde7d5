import { isObject, printable } from '../core/json.ts'

// What both keys have in common, or the beginning of a letter of theirs in escapes: without them nothing needs a walk.
const TRACES = ['proto', '\\u00'] as const

/**
 * Finds a key that code which copies objects would take for a prototype: `__proto__`, or `constructor` that holds
 * `prototype`. The same keys that Fastify's own parser refuses (secure-json-parse), and no valid HyperConverged or
 * MigrationPolicy has them. `constructor` alone, such as an annotation of that name, is data: only own properties are read.
 */
export function findPoisonousKey(text: string, value: unknown): string | undefined {
  if (!text.includes(TRACES[0]) && !text.includes(TRACES[1])) return undefined
  // A list instead of recursion: the depth of the value is the sender's choice.
  const open: { readonly value: unknown; readonly path: string }[] = [{ value, path: '' }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: here, path } = next
    if (typeof here !== 'object' || here === null) continue
    for (const [key, inner] of Object.entries(here)) {
      const at = path === '' ? key : `${path}.${key}`
      if (key === '__proto__') return refusal(at)
      if (key === 'constructor' && isObject(inner) && Object.hasOwn(inner, 'prototype'))
        return refusal(`${at}.prototype`)
      open.push({ value: inner, path: at.length > 256 ? path : at })
    }
  }
  return undefined
}

function refusal(path: string): string {
  return `the key ${printable(path, 160)} is refused: it names a prototype; no valid object has such a key`
}
