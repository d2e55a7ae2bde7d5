import { findAmbiguity } from './ambiguous-json.ts'
import { at, isObject, type JsonObject, own, printable, sameJson, show } from './json.ts'
import { formatPointer, parsePointer } from './json-pointer.ts'
import { findCaseVariants, foldCase, type Reach } from './reach.ts'

/** What a jsonpatch annotation makes of the migrations object of the KubeVirt resource that HCO renders. */
export type PatchResult = { readonly reaches: readonly Reach[] } & (
  | { readonly problem: string; readonly migrations: null }
  | { readonly problem: null; readonly migrations: unknown }
)

const TARGET = ['spec', 'configuration', 'migrations'] as const
const LONGEST = 256 * 1024
// KubeVirt's gate under which a migration that stalls goes over to post copy, whatever the timeout is
// (kubevirt pkg/virt-launcher/virtwrap/live-migration-source.go triggerConvergenceAction).
const STALL_DETECTION = 'MigrationStallDetection'

class PatchProblem extends Error {}

/**
 * Applies the annotation's RFC 6902 operations to `{spec: {configuration: {migrations}}}`.
 *
 * Operations elsewhere in the KubeVirt resource are ignored, a `test` elsewhere counts as true, and one that brings a value
 * from elsewhere into the migrations object is reported in `reaches`. So is a key that differs from ours in case alone: HCO
 * reads the patched object back with encoding/json, which does not mind case (controllers/operands/operand.go
 * applyAnnotationPatch).
 */
export function applyMigrationsPatch(text: string, migrations: JsonObject): PatchResult {
  const reaches: Reach[] = []
  try {
    let document: unknown = { spec: { configuration: { migrations } } }
    const copies: Copies = { length: 0 }
    for (const [index, operation] of readOperations(text).entries())
      document = applyOperation(document, operation, index, reaches, copies)
    return {
      problem: null,
      migrations: at(document, TARGET),
      reaches: [...reaches, ...variantsOnTheWay(document)],
    }
  } catch (error) {
    if (!(error instanceof PatchProblem)) throw error
    return { problem: error.message, migrations: null, reaches }
  }
}

function variantsOnTheWay(document: unknown): readonly Reach[] {
  return TARGET.flatMap((key, depth) =>
    findCaseVariants(at(document, TARGET.slice(0, depth)), [key]),
  )
}

function readOperations(text: string): readonly unknown[] {
  if (text.length > LONGEST) throw new PatchProblem('is longer than 256 KiB')
  let operations: unknown
  try {
    operations = JSON.parse(text)
  } catch (error) {
    throw new PatchProblem(`is not JSON: ${printable((error as Error).message, 160)}`)
  }
  const ambiguity = findAmbiguity(text, operations)
  if (ambiguity !== undefined) throw new PatchProblem(ambiguity)
  if (!Array.isArray(operations)) throw new PatchProblem('is not a JSON array of operations')
  return operations
}

type Operation = {
  readonly index: number
  readonly op: string
  readonly path: readonly string[]
  readonly raw: unknown
}

function applyOperation(
  document: unknown,
  value: unknown,
  index: number,
  reaches: Reach[],
  copies: Copies,
): unknown {
  const op = own(value, 'op')
  const path = readPointer(own(value, 'path'), `operation ${index} has no path`, index)
  const operation = { index, op: typeof op === 'string' ? op : '', path, raw: value }
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!isObject(value) || !Object.hasOwn(value, 'value'))
        throw new PatchProblem(`operation ${index} (${op}) has no value`)
      return op === 'test'
        ? test(document, operation, own(value, 'value'))
        : write(document, operation, own(value, 'value'), reaches)
    case 'remove':
      return touches(path) ? removeAt(document, operation, path, 0) : document
    case 'copy':
    case 'move':
      return transfer(document, operation, value, reaches, copies)
    default:
      throw new PatchProblem(`operation ${index} has the unknown op ${show(op)}`)
  }
}

function transfer(
  document: unknown,
  operation: Operation,
  value: unknown,
  reaches: Reach[],
  copies: Copies,
): unknown {
  const { index, op, path } = operation
  const from = readPointer(own(value, 'from'), `operation ${index} (${op}) has no from`, index)
  if (op === 'move' && from.length < path.length && isPrefix(from, path))
    throw new PatchProblem(`operation ${index} moves a value into itself`)
  if (touches(path) && !isInside(from)) {
    reaches.push({
      what: `operation ${index} (${op}) brings a value from ${show(formatPointer(from))}, which cannot be seen here`,
      cause: value,
    })
    return op === 'move' && touches(from) ? removeAt(document, operation, from, 0) : document
  }
  const moved = isInside(from) ? at(document, from) : undefined
  if (isInside(from) && moved === undefined)
    throw new PatchProblem(
      `operation ${index} (${op}) reads ${show(formatPointer(from))}, which does not exist`,
    )
  const rest = op === 'move' && touches(from) ? removeAt(document, operation, from, 0) : document
  const written = op === 'copy' && touches(path) ? copyOf(moved, copies) : moved
  return write(rest, { ...operation, op: 'add' }, written, reaches)
}

type Copies = { length: number }

// A copy may hold all copies before it: forty operations would fill any memory.
function copyOf(value: unknown, copies: Copies): unknown {
  const text = JSON.stringify(value)
  copies.length += text.length
  if (copies.length > LONGEST) throw new PatchProblem('copies more than 256 KiB')
  return JSON.parse(text)
}

function holdsText(value: unknown, text: string): boolean {
  if (typeof value !== 'object' || value === null) return value === text
  return Object.values(value).some(inner => holdsText(inner, text))
}

function test(document: unknown, { index, path }: Operation, expected: unknown): unknown {
  // HCO's library lets a test for null hold where nothing is (evanphx/json-patch v5 patch.go, test).
  if (isInside(path) && !sameJson(at(document, path) ?? null, expected))
    throw new PatchProblem(
      `operation ${index} (test) fails: ${show(formatPointer(path))} is not ${show(expected)}`,
    )
  return document
}

function write(document: unknown, operation: Operation, value: unknown, reaches: Reach[]): unknown {
  const { path } = operation
  if (holdsText(value, STALL_DETECTION))
    reaches.push({
      what: `operation ${operation.index} switches on the feature gate ${STALL_DETECTION}, with which post copy does not wait for the timeout`,
      cause: operation.raw,
    })
  if (!touches(path)) {
    if (touches(path.map(foldCase)))
      reaches.push({
        what: `operation ${operation.index} writes ${show(formatPointer(path))}, which is read without regard to case`,
        cause: operation.raw,
      })
    return document
  }
  return writeAt(document, operation, path, 0, value)
}

function writeAt(
  node: unknown,
  operation: Operation,
  path: readonly string[],
  depth: number,
  value: unknown,
): unknown {
  const key = path[depth]
  if (key === undefined) return value
  // What lies above the migrations object exists in the rendered resource even when the simulation has lost it.
  const parent = isObject(node)
    ? node
    : depth < TARGET.length && node === undefined
      ? {}
      : undefined
  if (!parent)
    throw new PatchProblem(
      `operation ${operation.index} (${operation.op}) writes into ${show(formatPointer(path.slice(0, depth)))}, which is no object`,
    )
  const last = depth === path.length - 1
  if (
    last &&
    operation.op === 'replace' &&
    depth >= TARGET.length &&
    own(parent, key) === undefined
  )
    throw new PatchProblem(
      `operation ${operation.index} (replace) has no value to replace at ${show(formatPointer(path))}`,
    )
  return withKey(parent, key, writeAt(own(parent, key), operation, path, depth + 1, value))
}

function removeAt(
  node: unknown,
  operation: Operation,
  path: readonly string[],
  depth: number,
): unknown {
  const key = path[depth]
  if (key === undefined) return undefined
  const inner = own(node, key)
  if (inner === undefined && depth >= TARGET.length - 1)
    throw new PatchProblem(
      `operation ${operation.index} (${operation.op}) has nothing to remove at ${show(formatPointer(path))}`,
    )
  if (!isObject(node)) return node
  return withKey(node, key, removeAt(inner, operation, path, depth + 1))
}

// The object with the key set, or without it when the value is undefined. It is copied once, and the copy, which is known by
// its lack of a prototype, is changed from then on: thousands of operations may write into an object with thousands of keys.
function withKey(object: JsonObject, key: string, value: unknown): JsonObject {
  const copy: Record<string, unknown> =
    Object.getPrototypeOf(object) === null ? object : Object.assign(Object.create(null), object)
  if (value === undefined) delete copy[key]
  else copy[key] = value
  return copy
}

function readPointer(value: unknown, missing: string, index: number): string[] {
  if (typeof value !== 'string') throw new PatchProblem(missing)
  if (value !== '' && !value.startsWith('/'))
    throw new PatchProblem(
      `operation ${index} has the pointer ${show(value)}, which does not start with "/"`,
    )
  return parsePointer(value)
}

function isPrefix(prefix: readonly string[], path: readonly string[]): boolean {
  return prefix.every((key, index) => index >= path.length || key === path[index])
}

// The migrations object, something in it, or something that holds it.
function touches(path: readonly string[]): boolean {
  return isPrefix(TARGET, path)
}

function isInside(path: readonly string[]): boolean {
  return path.length >= TARGET.length && touches(path)
}
