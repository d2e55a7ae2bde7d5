import { isAlias, isMap, isSeq, type Node } from 'yaml'
import { isObject, sameJson } from '../../../core/json.ts'
import type { Path } from '../../../yaml/locate.ts'
import { parseDocuments } from '../../../yaml/parse-documents.ts'
import type { Output } from '../../io.ts'
import { checkFiles } from '../check-files.ts'
import type { InputFile, InputFiles } from '../input-files.ts'
import type { FixedFile, FixedValue, UncorrectedValue } from '../report.ts'
import type { Surroundings } from '../surroundings.ts'
import { type Edit, planEdits } from './plan-edits.ts'
import { setInText } from './set-in-text.ts'
import { type Unwritten, writeFiles } from './write-files.ts'

// One correction may make room for another, such as a limit that another limit depends on; then nothing is left.
const ROUNDS = 4

/**
 * Corrects the files and writes those that changed; standard input goes to standard output, changed or not. A file in
 * which anything cannot be read is left alone, and standard input then goes nowhere. What cannot be written comes back as it
 * stands on disk.
 */
export async function fixFiles(
  read: InputFiles,
  surroundings: Surroundings,
  stdout: Output,
): Promise<InputFiles & { readonly fixed: readonly FixedFile[] }> {
  let { files } = read
  const broken = new Set(read.problems.map(({ file }) => file))
  const log = new Map<string, FixLog>()
  for (let round = 0; round < ROUNDS; round++) {
    const { hyperConvergeds, problems } = await checkFiles(files, surroundings)
    for (const { file } of problems) broken.add(file)
    const edits = hyperConvergeds
      .flatMap(one => planEdits(one, surroundings))
      .filter(({ file }) => !broken.has(file))
    const before = files
    files = files.map(file => applyEdits(file, edits, log))
    if (files.every((file, index) => file.text === before[index]?.text)) break
  }
  const whole = files.filter(({ file }) => !broken.has(file))
  const unwritten = await writeFiles(whole, read.files, stdout)
  return {
    files: files.flatMap(file => unwritten.get(file.file)?.left ?? file),
    problems: [...read.problems, ...[...unwritten.values()].map(({ problem }) => problem)],
    fixed: [...log].map(([file, changes]) => toFixedFile(file, changes, unwritten.get(file))),
  }
}

/** What became of the edits of a file, by where they stand. */
type FixLog = {
  readonly changes: Map<string, FixedValue>
  readonly uncorrected: Map<string, UncorrectedValue>
}

function toFixedFile(
  file: string,
  { changes, uncorrected }: FixLog,
  unwritten: Unwritten | undefined,
): FixedFile {
  if (unwritten === undefined)
    return { file, changes: [...changes.values()], uncorrected: [...uncorrected.values()] }
  const { reason } = unwritten
  const lost = [...changes.values()].map(({ object, field }) => ({ object, field, reason }))
  return { file, changes: [], uncorrected: [...lost, ...uncorrected.values()] }
}

function applyEdits(
  { file, text }: InputFile,
  edits: readonly Edit[],
  log: Map<string, FixLog>,
): InputFile {
  let current = text
  for (const edit of edits.filter(one => one.file === file)) {
    const { changes, uncorrected } = log.get(file) ?? { changes: new Map(), uncorrected: new Map() }
    log.set(file, { changes, uncorrected })
    const { object, field, before, after, because, index, path } = edit
    const key = JSON.stringify([index, path])
    const next = edit.refused === null ? applyEdit(current, edit) : { reason: edit.refused }
    if (typeof next !== 'string') {
      uncorrected.set(key, { object, field, ...next })
      continue
    }
    current = next
    const first = changes.has(key) ? changes.get(key)?.before : before
    changes.set(key, { object, field, before: first, after, because })
  }
  return { file, text: current }
}

// The new text has to read exactly as the old one with this one value in it; else nothing is changed.
function applyEdit(
  text: string,
  { file, index, path, after }: Edit,
): string | { readonly reason: string } {
  const documents = parseDocuments(text, file)
  const document = documents[index]
  if (document === undefined || 'error' in document) return NOT_FOLLOWED
  const alias = aliasOn(path, document.document.contents)
  if (alias !== null) return alias
  const next = setInText(text, document, path, after)
  if (next === null) return NOT_FOLLOWED
  const wanted = documents.map((each, at) => {
    const value = 'error' in each ? each.error.message : each.value
    return at === index ? withValue(value, path, after) : value
  })
  const got = parseDocuments(next, file).map(each =>
    'error' in each ? each.error.message : each.value,
  )
  return sameJson(wanted, got) ? next : SHARED
}

const NOT_FOLLOWED = { reason: 'it is written in a way that --fix does not change' }
const SHARED = { reason: 'something else in the file would change with it' }

// What an alias stands for is used in another place too.
function aliasOn(path: Path, root: Node | null): { readonly reason: string } | null {
  let node: unknown = root
  for (const key of path) {
    if (isAlias(node)) return { reason: 'it stands behind an alias' }
    node = isMap(node) || isSeq(node) ? node.get(key, true) : undefined
  }
  return isAlias(node) ? { reason: 'the value is an alias' } : null
}

function withValue(node: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) return value
  if (Array.isArray(node)) return node.with(Number(key), withValue(node[Number(key)], rest, value))
  const object = isObject(node) ? node : {}
  return { ...object, [key]: withValue(object[key], rest, value) }
}
