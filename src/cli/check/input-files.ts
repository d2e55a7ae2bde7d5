import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { isAbsolute, join, relative } from 'node:path'
import { decodeText } from '../../files/decode-text.ts'
import { explainReadError } from '../../files/explain-error.ts'
import type { CliIo } from '../io.ts'
import type { Problem } from './report.ts'

/** The name under which standard input stands in messages. */
export const STDIN = '<stdin>'

/** A file that was read as text. */
export type InputFile = { readonly file: string; readonly text: string }

export type InputFiles = {
  readonly files: readonly InputFile[]
  readonly problems: readonly Problem[]
}

/** Reads every file named, every manifest in every directory named, and standard input for `-`; each file once. */
export async function readInputFiles(
  paths: readonly string[],
  stdin: CliIo['stdin'],
): Promise<InputFiles> {
  const files: InputFile[] = []
  const problems: Problem[] = []
  const seen = new Set<string>()
  for (const path of paths) {
    const names = listFiles(path, problems)
    for (const name of names) {
      const identity = name === '-' ? name : identityOf(name)
      if (seen.has(identity)) continue
      seen.add(identity)
      const read = await readInputFile(name, stdin)
      if ('problem' in read) problems.push(read.problem)
      else files.push(read)
    }
  }
  return { files, problems }
}

/** Reads one file, or standard input for `-`, as UTF-8 text. */
export async function readInputFile(
  name: string,
  stdin: CliIo['stdin'],
): Promise<InputFile | { readonly problem: Problem }> {
  const file = name === '-' ? STDIN : shownAs(name)
  try {
    const bytes = name === '-' ? await collect(stdin) : readFileSync(name)
    const decoded = decodeText(bytes)
    return 'text' in decoded ? { file, ...decoded } : problemIn(file, decoded.wrong)
  } catch (error) {
    return problemIn(file, explainReadError(error))
  }
}

function problemIn(file: string, text: string) {
  return { problem: { file, line: 0, column: 0, text } }
}

const EXTENSION = /\.(?:ya?ml|json)$/i
// What is installed is nobody's manifest, nor is what a tool keeps for itself: .git, .github, a clone of this program in .migration-guard.
function isSkipped(directory: string): boolean {
  return directory.startsWith('.') || directory === 'node_modules'
}

function listFiles(path: string, problems: Problem[]): readonly string[] {
  if (path === '-') return [path]
  try {
    if (!statSync(path).isDirectory()) return [path]
    const found = walk(path)
    if (found.length > 0) return found
    problems.push(problemIn(shownAs(path), 'no *.yaml, *.yml or *.json in this folder').problem)
  } catch (error) {
    problems.push(problemIn(shownAs(path), explainReadError(error)).problem)
  }
  return []
}

// Symbolic links to files are followed, those to folders are not: they may lead back, and a mounted ConfigMap has
// every file behind one of each.
function walk(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap(entry => {
      const path = join(directory, entry.name)
      if (entry.isDirectory()) return isSkipped(entry.name) ? [] : walk(path)
      if (!EXTENSION.test(entry.name)) return []
      if (entry.isSymbolicLink() && statSync(path, { throwIfNoEntry: false })?.isDirectory())
        return []
      return [path]
    })
}

function identityOf(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

// Code scanning services know files by their way from the folder they work in.
function shownAs(path: string): string {
  const way = relative('.', path)
  return isAbsolute(path) && way.startsWith('..') ? path : way || '.'
}

async function collect(stream: CliIo['stdin']): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
