import { readFileSync } from 'node:fs'
import type { Inventory } from '../core/facts/inventory.ts'
import { decodeText } from '../files/decode-text.ts'
import { explainReadError } from '../files/explain-error.ts'
import { formatProblem } from '../policy/policy-problem.ts'
import { type FactsProblem, readFacts } from './read-facts.ts'

/** Reads a file of facts, or standard input for `-`; throws an Error that names the file and what in it is wrong. */
export function loadFacts(path: string): Inventory {
  const decoded = decodeText(readBytes(path))
  if ('wrong' in decoded) throw new Error(`${path}: ${decoded.wrong}`)
  const read = readFacts(decoded.text, path)
  if ('problems' in read) throw new Error(describeFacts(path, read.problems).join('\n  '))
  return read.inventory
}

/** The problems of a file of facts as lines, each with its place. */
function describeFacts(file: string, problems: readonly FactsProblem[]): readonly string[] {
  return problems.map(({ line, column, text }) =>
    formatProblem(file, { line, column, path: '', message: text }),
  )
}

function readBytes(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path)
  } catch (cause) {
    throw new Error(`${path}: ${explainReadError(cause)}`, { cause })
  }
}
