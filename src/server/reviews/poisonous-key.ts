import { isObject, printable } from '../../core/json.ts'

// What both keys have in common, or the beginning of a letter of theirs in escapes: without them nothing needs a walk.
const TRACES = ['proto', '\\u00'] as const

/** What lies behind a key; null where nobody reads it. */
type Reach = (key: string) => Reach | null

const all: Reach = () => all

function only(inner: Readonly<Record<string, Reach>>): Reach {
  const known = new Map(Object.entries(inner))
  return key => known.get(key) ?? null
}

function allBut(inner: Readonly<Record<string, Reach>>): Reach {
  const known = new Map(Object.entries(inner))
  return key => known.get(key) ?? all
}

// Of an object only what is judged. Elsewhere the CRDs have maps whose keys are free (a nodeSelector, the selectors of a
// MigrationPolicy): refused there, one odd key that is stored already would refuse every edit, the one that removes it too.
const BLOCK = { liveMigrationConfig: all }
const OBJECT = only({
  metadata: all,
  spec: only({ ...BLOCK, virtualization: only(BLOCK) }),
})
const REVIEW = allBut({ request: allBut({ object: OBJECT, oldObject: OBJECT }) })

/**
 * Finds a key that code which copies objects would take for a prototype: `__proto__`, or `constructor` that holds
 * `prototype`. The same keys that Fastify's own parser refuses (secure-json-parse), where no valid HyperConverged or
 * MigrationPolicy has them. `constructor` alone, such as an annotation of that name, is data: only own properties are read.
 */
export function findPoisonousKey(text: string, value: unknown): string | undefined {
  if (!text.includes(TRACES[0]) && !text.includes(TRACES[1])) return undefined
  // A list instead of recursion: the depth of the value is the sender's choice.
  const open: { readonly value: unknown; readonly path: string; readonly reach: Reach }[] = []
  open.push({ value, path: '', reach: REVIEW })
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: here, path, reach } = next
    if (typeof here !== 'object' || here === null) continue
    for (const [key, inner] of Object.entries(here)) {
      const at = path === '' ? key : `${path}.${key}`
      if (key === '__proto__') return refusal(at)
      if (key === 'constructor' && isObject(inner) && Object.hasOwn(inner, 'prototype'))
        return refusal(`${at}.prototype`)
      const further = reach(key)
      if (further !== null)
        open.push({ value: inner, path: at.length > 256 ? path : at, reach: further })
    }
  }
  return undefined
}

function refusal(path: string): string {
  return `the key ${printable(path, 160)} is refused: it names a prototype; no valid object has such a key there`
}
