import { isObject, own, show } from '../json.ts'
import { parsePointer } from './json-pointer.ts'

const NAMES = ['add', 'replace', 'test', 'remove', 'copy', 'move'] as const
const NEEDS_VALUE: readonly Name[] = ['add', 'replace', 'test']
const NEEDS_FROM: readonly Name[] = ['copy', 'move']

type Name = (typeof NAMES)[number]

/** One operation of an RFC 6902 patch. */
export type Operation = {
  readonly op: Name
  /** `operation 0`, as messages name it where they tell what it does. */
  readonly number: string
  /** `operation 0 (add)`. */
  readonly title: string
  readonly path: readonly string[]
  /** Of `copy` and `move`. */
  readonly from: readonly string[]
  /** Of `add`, `replace` and `test`. */
  readonly value: unknown
  readonly raw: unknown
}

/** Why a patch is malformed or cannot be applied, as it continues "the patch …". */
export class PatchProblem extends Error {}

/** Why a patch is not followed here, although HCO may apply it. */
export class UnfollowedPatch extends PatchProblem {}

/** Reads one operation of a patch; throws a `PatchProblem` where it is none. */
export function readOperation(raw: unknown, index: number): Operation {
  const number = `operation ${index}`
  const path = readPath(own(raw, 'path'), number)
  const op = own(raw, 'op')
  if (!isName(op)) throw new PatchProblem(`${number} has the unknown op ${show(op)}`)
  const title = `${number} (${op})`
  if (NEEDS_VALUE.includes(op) && !(isObject(raw) && Object.hasOwn(raw, 'value')))
    throw new PatchProblem(`${title} has no value`)
  const from = NEEDS_FROM.includes(op)
    ? readPointer(own(raw, 'from'), `${title} has no from`, number)
    : []
  return { op, number, title, path, from, value: own(raw, 'value'), raw }
}

function isName(op: unknown): op is Name {
  return (NAMES as readonly unknown[]).includes(op)
}

// HCO refuses the whole patch, before it applies any of it (controllers/operands/operand.go applyAnnotationPatch).
function readPath(value: unknown, number: string): string[] {
  const path = readPointer(value, `${number} has no path`, number)
  if (!String(value).startsWith(WRITABLE))
    throw new PatchProblem(
      `${number} has the path ${show(value)}, and HCO takes no patch with one that is not below "${WRITABLE}"`,
    )
  return path
}

const WRITABLE = '/spec/'

function readPointer(value: unknown, missing: string, number: string): string[] {
  if (typeof value !== 'string') throw new PatchProblem(missing)
  if (value !== '' && !value.startsWith('/'))
    throw new PatchProblem(
      `${number} has the pointer ${show(value)}, which does not start with "/"`,
    )
  return parsePointer(value)
}
