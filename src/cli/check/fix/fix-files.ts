import { writeFileSync } from 'node:fs'
import { isObject, sameJson } from '../../../core/json.ts'
import type { Path } from '../../../yaml/locate.ts'
import { parseDocuments } from '../../../yaml/parse-documents.ts'
import type { Output } from '../../io.ts'
import { checkFiles } from '../check-files.ts'
import { type InputFile, type InputFiles, STDIN } from '../input-files.ts'
import type { FixedFile, FixedValue, Problem } from '../report.ts'
import type { Surroundings } from '../surroundings.ts'
import { type Edit, planEdits } from './plan-edits.ts'
import { setInText } from './set-in-text.ts'

// One correction may make room for another, such as a limit that another limit depends on; then nothing is left.
const ROUNDS = 4

/**
 * Corrects the files and writes those that changed; standard input goes to standard output, changed or not. A file in
 * which anything cannot be read is left alone, and standard input then goes nowhere.
 */
export async function fixFiles(
  read: InputFiles,
  surroundings: Surroundings,
  stdout: Output,
): Promise<InputFiles & { readonly fixed: readonly FixedFile[] }> {
  let { files } = read
  const broken = new Set(read.problems.map(({ file }) => file))
  const changes = new Map<string, Map<string, FixedValue>>()
  for (let round = 0; round < ROUNDS; round++) {
    const { hyperConvergeds, problems } = await checkFiles(files, surroundings)
    for (const { file } of problems) broken.add(file)
    const edits = hyperConvergeds
      .flatMap(one => planEdits(one, surroundings.policy))
      .filter(({ file }) => !broken.has(file))
    const before = files
    files = files.map(file => applyEdits(file, edits, changes))
    if (files.every((file, index) => file.text === before[index]?.text)) break
  }
  const whole = files.filter(({ file }) => !broken.has(file))
  const problems = [...read.problems, ...write(whole, read.files, stdout)]
  const fixed = [...changes].map(([file, values]) => ({ file, changes: [...values.values()] }))
  return { files, problems, fixed }
}

function applyEdits(
  { file, text }: InputFile,
  edits: readonly Edit[],
  changes: Map<string, Map<string, FixedValue>>,
): InputFile {
  let current = text
  for (const edit of edits.filter(one => one.file === file)) {
    const next = applyEdit(current, edit)
    if (next === null) continue
    current = next
    const known = changes.get(file) ?? new Map<string, FixedValue>()
    const { field, before, after, because, index, path } = edit
    const key = JSON.stringify([index, path])
    known.set(key, {
      field,
      before: known.has(key) ? known.get(key)?.before : before,
      after,
      because,
    })
    changes.set(file, known)
  }
  return { file, text: current }
}

// The new text has to read exactly as the old one with this one value in it; else nothing is changed.
function applyEdit(text: string, { file, index, path, after }: Edit): string | null {
  const documents = parseDocuments(text, file)
  const document = documents[index]
  if (document === undefined || 'error' in document) return null
  const next = setInText(text, document, path, after)
  if (next === null) return null
  const wanted = documents.map((each, at) => {
    const value = 'error' in each ? each.error.message : each.value
    return at === index ? withValue(value, path, after) : value
  })
  const got = parseDocuments(next, file).map(each =>
    'error' in each ? each.error.message : each.value,
  )
  return sameJson(wanted, got) ? next : null
}

function withValue(node: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(node)) return node.with(Number(key), withValue(node[Number(key)], rest, value))
  const object = isObject(node) ? node : {}
  return { ...object, [key]: withValue(object[key], rest, value) }
}

function write(
  files: readonly InputFile[],
  read: readonly InputFile[],
  stdout: Output,
): readonly Problem[] {
  return files.flatMap(({ file, text }) => {
    const changed = read.some(one => one.file === file && one.text !== text)
    try {
      if (file === STDIN) stdout.write(text)
      else if (changed) writeFileSync(file, text)
      return []
    } catch (error) {
      const reason = `could not be written: ${(error as Error).message}`
      return [{ file, line: 0, column: 0, text: reason }]
    }
  })
}
