import { at, isObject, type JsonObject, own } from '../json.ts'
import { formatPointer } from '../json-patch/json-pointer.ts'

/** An RFC 6902 operation as the webhook answers it. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

/** One value to set, or to remove when it is undefined. */
export type Change = { readonly path: readonly string[]; readonly value: unknown }

/** The operations that make the changes one after the other; missing parents are created, nothing else is touched. */
export function toPatch(object: JsonObject, changes: readonly Change[]): readonly PatchOperation[] {
  const operations: PatchOperation[] = []
  let current: unknown = object
  for (const { path, value } of changes) {
    const operation = toOperation(current, path, value)
    if (operation === undefined) continue
    operations.push(operation)
    current = setAt(current, path, value)
  }
  return operations
}

/** What stands where an object should: nothing, null, or what a patch there would throw away. */
export type Gap = 'absent' | 'null' | 'other'

/** The first place along each path that is no object, by its dotted path. */
export function findGaps(
  object: JsonObject,
  paths: readonly (readonly string[])[],
): Readonly<Record<string, Gap>> {
  const gaps: Record<string, Gap> = {}
  for (const path of paths) {
    const depth = path.findIndex((_, index) => !isObject(at(object, path.slice(0, index + 1))))
    if (depth === -1) continue
    const place = path.slice(0, depth + 1)
    gaps[place.join('.')] = gapOf(at(object, place))
  }
  return gaps
}

function gapOf(value: unknown): Gap {
  if (value === undefined) return 'absent'
  return value === null ? 'null' : 'other'
}

function toOperation(
  object: unknown,
  path: readonly string[],
  value: unknown,
): PatchOperation | undefined {
  let node = object
  for (const [depth, key] of path.entries()) {
    const last = depth === path.length - 1
    const inner = own(node, key)
    if (last && value === undefined)
      return inner === undefined ? undefined : { op: 'remove', path: formatPointer(path) }
    if (last)
      return { op: inner === undefined ? 'add' : 'replace', path: formatPointer(path), value }
    if (!isObject(inner)) {
      if (value === undefined) return undefined
      const op = inner === undefined ? 'add' : 'replace'
      return {
        op,
        path: formatPointer(path.slice(0, depth + 1)),
        value: nest(path.slice(depth + 1), value),
      }
    }
    node = inner
  }
  return undefined
}

function nest(path: readonly string[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
}

/** A copy with the value set at the path (removed when undefined); parents that are no objects are replaced. */
export function setAt(node: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path
  if (key === undefined) return value
  const copy: Record<string, unknown> = isObject(node) ? { ...node } : {}
  const inner = setAt(copy[key], rest, value)
  if (inner === undefined) delete copy[key]
  else copy[key] = inner
  return copy
}
