import { at, isObject, type JsonObject, own, show } from '../json.ts'
import { formatPointer } from './json-pointer.ts'
import { type Operation, PatchProblem } from './patch-operation.ts'

/** Where the migrations object is in the KubeVirt resource. */
export const MIGRATIONS = ['spec', 'configuration', 'migrations'] as const

/** The part of the KubeVirt resource that a patch is followed in. It changes with every operation. */
export type MigrationsDocument = {
  root: unknown
  /** The objects in it that were made here, and may be changed in place. */
  readonly copies: WeakSet<object>
}

/** The document before the patch. */
export function createDocument(migrations: JsonObject): MigrationsDocument {
  return { root: { spec: { configuration: { migrations } } }, copies: new WeakSet() }
}

/** True for the path of the migrations object, of something in it, and of something that holds it. */
export function touches(path: readonly string[]): boolean {
  return MIGRATIONS.every((key, depth) => depth >= path.length || key === path[depth])
}

/** True for the path of the migrations object and of something in it. */
export function isInside(path: readonly string[]): boolean {
  return path.length >= MIGRATIONS.length && touches(path)
}

/** What stands at a path. */
export function readAt({ root }: MigrationsDocument, path: readonly string[]): unknown {
  return at(root, path)
}

/** Writes a value at the path of an operation; with `replace`, only over another one. */
export function writeAt(document: MigrationsDocument, operation: Operation, value: unknown): void {
  document.root = written(document.root, 0, value, operation, document.copies)
}

/** Removes what stands at a path, for an operation. */
export function removeAt(
  document: MigrationsDocument,
  operation: Operation,
  path: readonly string[],
): void {
  document.root = without(document.root, 0, path, operation, document.copies)
}

function written(
  node: unknown,
  depth: number,
  value: unknown,
  operation: Operation,
  copies: WeakSet<object>,
): unknown {
  const { op, title, path } = operation
  const key = path[depth]
  if (key === undefined) return value
  // What lies above the migrations object exists in the rendered resource even when the simulation has lost it.
  const parent = node === undefined && depth < MIGRATIONS.length ? {} : node
  if (!isObject(parent))
    throw new PatchProblem(
      `${title} writes into ${show(formatPointer(path.slice(0, depth)))}, which is no object`,
    )
  const inner = own(parent, key)
  const last = depth === path.length - 1
  if (last && op === 'replace' && depth >= MIGRATIONS.length && inner === undefined)
    throw new PatchProblem(`${title} has no value to replace at ${show(formatPointer(path))}`)
  return withKey(parent, key, written(inner, depth + 1, value, operation, copies), copies)
}

function without(
  node: unknown,
  depth: number,
  path: readonly string[],
  operation: Operation,
  copies: WeakSet<object>,
): unknown {
  const key = path[depth]
  if (key === undefined) return undefined
  const inner = own(node, key)
  if (inner === undefined && depth >= MIGRATIONS.length - 1)
    throw new PatchProblem(
      `${operation.title} has nothing to remove at ${show(formatPointer(path))}`,
    )
  if (!isObject(node)) return node
  return withKey(node, key, without(inner, depth + 1, path, operation, copies), copies)
}

// The object with the key set, or without it when the value is undefined. It is copied once, and the copy is changed from then
// on: thousands of operations may write into an object with thousands of keys.
function withKey(
  object: JsonObject,
  key: string,
  value: unknown,
  copies: WeakSet<object>,
): JsonObject {
  // Without a prototype, "__proto__" is a key like any other.
  const copy: Record<string, unknown> = copies.has(object)
    ? object
    : Object.assign(Object.create(null), object)
  copies.add(copy)
  if (value === undefined) delete copy[key]
  else copy[key] = value
  return copy
}
