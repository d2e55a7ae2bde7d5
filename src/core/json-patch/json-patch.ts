import { type JsonObject, printable, sameJson, show } from '../json.ts'
import { DEEPEST, findAmbiguity, isDeeper } from './ambiguous-json.ts'
import { formatPointer } from './json-pointer.ts'
import {
  createDocument,
  isInside,
  MIGRATIONS,
  type MigrationsDocument,
  readAt,
  removeAt,
  touches,
  writeAt,
} from './migrations-document.ts'
import { caseVariantsOf, foldCase, type Overreach } from './overreach.ts'
import { type Operation, PatchProblem, readOperation, UnfollowedPatch } from './patch-operation.ts'

/** What a jsonpatch annotation makes of the migrations object of the KubeVirt resource that HCO renders. */
export type PatchResult = { readonly overreaches: readonly Overreach[] } & (
  | { readonly problem: string; readonly migrations: null }
  | { readonly problem: null; readonly migrations: unknown }
)

const LONGEST = 256 * 1024
// KubeVirt's gate under which a migration that stalls goes over to post copy, whatever the timeout is
// (kubevirt pkg/virt-launcher/virtwrap/live-migration-source.go triggerConvergenceAction).
const STALL_DETECTION = 'MigrationStallDetection'

const GATES = ['spec', 'configuration', 'developerconfiguration', 'featuregates'] as const

// At each depth of the path to the migrations object, the keys that are read as its next one. Beside spec nothing is written.
const VARIANTS = MIGRATIONS.slice(1).map(key => caseVariantsOf([key]))

/** A patch while it is applied. */
type Simulation = {
  readonly document: MigrationsDocument
  readonly overreaches: Overreach[]
  /** What brings a value from where it cannot be seen. */
  readonly bringing: Operation[]
  /** Characters of everything copied so far. */
  copied: number
}

/**
 * Applies the annotation's RFC 6902 operations to `{spec: {configuration: {migrations}}}`.
 *
 * Operations elsewhere in its spec are ignored, and a `test` elsewhere counts as true. `overreaches` lists what
 * brings a value from elsewhere into the migrations object, switches on stall detection, or writes a key that differs from
 * ours in case alone: HCO reads the patched object back with encoding/json, which does not mind case
 * (controllers/operands/operand.go applyAnnotationPatch).
 */
export function applyMigrationsPatch(text: string, migrations: JsonObject): PatchResult {
  const document = createDocument(migrations)
  const simulation: Simulation = { document, overreaches: [], bringing: [], copied: 0 }
  const { overreaches } = simulation
  let operations: readonly unknown[]
  try {
    operations = readOperations(text)
    for (const [index, raw] of operations.entries()) apply(simulation, readOperation(raw, index))
  } catch (error) {
    if (!(error instanceof PatchProblem)) throw error
    const { message: problem } = error
    // What it did until then is none of what it does, where HCO refuses it.
    const unseen =
      error instanceof UnfollowedPatch
        ? [{ what: `what it does cannot be seen here, because it ${problem}`, cause: text }]
        : []
    return { problem, migrations: null, overreaches: unseen }
  }
  const variants = VARIANTS.flatMap((find, depth) =>
    find(readAt(document, MIGRATIONS.slice(0, depth + 1))),
  )
  return {
    problem: null,
    migrations: readAt(document, MIGRATIONS),
    overreaches: [...overreaches, ...brought(simulation, operations), ...variants],
  }
}

function readOperations(text: string): readonly unknown[] {
  if (text.length > LONGEST) throw new UnfollowedPatch('is longer than 256 KiB')
  let operations: unknown
  try {
    operations = JSON.parse(text)
  } catch (error) {
    throw new PatchProblem(`is not JSON: ${printable((error as Error).message, 160)}`)
  }
  const ambiguity = findAmbiguity(text, operations)
  if (ambiguity !== undefined) throw new UnfollowedPatch(ambiguity)
  if (!Array.isArray(operations)) throw new PatchProblem('is not a JSON array of operations')
  return operations
}

function apply(simulation: Simulation, operation: Operation): void {
  const { document } = simulation
  const { op, path, value } = operation
  if (op === 'test') test(document, operation)
  else if (op === 'copy' || op === 'move') transfer(simulation, operation)
  else if (op !== 'remove') write(simulation, operation, value)
  else if (touches(path)) removeAt(document, operation, path)
}

function test(document: MigrationsDocument, { title, path, value }: Operation): void {
  // HCO's library lets a test for null hold where nothing is (evanphx/json-patch v5 patch.go, test).
  if (isInside(path) && !sameJson(readAt(document, path) ?? null, value))
    throw new PatchProblem(`${title} fails: ${show(formatPointer(path))} is not ${show(value)}`)
}

function transfer(simulation: Simulation, operation: Operation): void {
  const { document } = simulation
  const { op, number, title, path, from } = operation
  if (op === 'move' && from.length < path.length && from.every((key, depth) => key === path[depth]))
    throw new PatchProblem(`${number} moves a value into itself`)
  const value = isInside(from) ? readAt(document, from) : undefined
  if (isInside(from) && value === undefined)
    throw new PatchProblem(`${title} reads ${show(formatPointer(from))}, which does not exist`)
  if (op === 'move' && touches(from)) removeAt(document, operation, from)
  if (!isInside(from) && (touches(path) || reachesGates(path))) simulation.bringing.push(operation)
  else
    write(simulation, operation, op === 'copy' && touches(path) ? copyOf(value, simulation) : value)
}

// What is brought depends on everything else in the patch, so a patch that differs anywhere brings something else.
function brought({ bringing }: Simulation, operations: readonly unknown[]): readonly Overreach[] {
  const [first] = bringing
  if (first === undefined) return []
  const { title, from, path } = first
  const where = touches(path) ? '' : ' among the feature gates'
  const more = bringing.length - 1
  const others = more === 0 ? '' : ` (and ${more} more ${more === 1 ? 'does' : 'do'} the like)`
  const what = `${title} brings a value from ${show(formatPointer(from))}${where}, which cannot be seen here${others}`
  return [{ what, cause: operations }]
}

// A copy may hold all copies before it: forty operations would fill any memory.
function copyOf(value: unknown, simulation: Simulation): unknown {
  const text = JSON.stringify(value)
  simulation.copied += text.length
  if (simulation.copied > LONGEST) throw new UnfollowedPatch('copies more than 256 KiB')
  return JSON.parse(text)
}

function write({ document, overreaches }: Simulation, operation: Operation, value: unknown): void {
  const { number, path, raw } = operation
  // Each operation may hang what those before it built below its own levels, deeper than the text shows and any stack reaches.
  if (isDeeper(value, DEEPEST - path.length))
    throw new UnfollowedPatch(`nests values more than ${DEEPEST} deep`)
  if (holdsText(value, STALL_DETECTION))
    overreaches.push({
      what: `${number} switches on the feature gate ${STALL_DETECTION}, with which post copy does not wait for the timeout`,
      cause: raw,
    })
  if (touches(path)) writeAt(document, operation, value)
  else if (touches(path.map(foldCase)))
    overreaches.push({
      what: `${number} writes ${show(formatPointer(path))}, which is read without regard to case`,
      cause: raw,
    })
}

// The list of gates, one of them, or something that holds it, whatever the case of its keys.
function reachesGates(path: readonly string[]): boolean {
  return GATES.every((key, depth) => depth >= path.length || key === foldCase(path[depth] ?? ''))
}

function holdsText(value: unknown, text: string): boolean {
  if (typeof value !== 'object' || value === null) return value === text
  return Object.values(value).some(inner => holdsText(inner, text))
}
