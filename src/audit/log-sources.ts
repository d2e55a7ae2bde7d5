import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InputError } from '../input-error.ts'
import { firstLine, readLines } from './lines.ts'
import { isBeside, isMissing, logName, rotatedFiles } from './log-files.ts'
import { isProgramLog } from './program-log.ts'
import type { LogSource } from './verification.ts'

/** Why files cannot be verified at all. */
export class LogInputError extends InputError {}

/** The lines of a file. */
export function fileSource(path: string): LogSource {
  return { name: path, read: () => createReadStream(path, { highWaterMark: 256 * 1024 }) }
}

/**
 * The files that the paths stand for: a log brings its full files with it, a directory the one log
 * that is in it. Lock files and what a crash left behind are no part of a chain.
 */
export async function findLogFiles(paths: readonly string[]): Promise<string[]> {
  const found = new Map<string, string>()
  for (const path of paths) {
    for (const file of await expand(path)) found.set(resolve(file), file)
  }
  if (found.size === 0) throw new LogInputError(`${paths.join(', ')}: holds no records of a chain`)
  return [...found.values()]
}

async function expand(path: string): Promise<string[]> {
  if (isBeside(path)) return []
  const kind = await kindOf(path)
  if (kind === 'directory') return logIn(path)
  if (logName(path) !== path) return kind === 'file' ? [path] : none(path)
  const full = (await rotatedFiles(path, { readdir }).catch(() => [])).map(file => file.path)
  // A stop between two files leaves only full ones.
  if (kind === 'missing') return full.length > 0 ? full : none(path)
  return [...full, path]
}

// The first names show which folder this is; nobody reads a hundred.
const SHOWN = 5

async function logIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true })
  const names = entries.filter(entry => entry.isFile() && !isBeside(entry.name))
  const files = names.map(entry => join(directory, entry.name))
  const byLog = Map.groupBy(files.sort(), logName)
  // A folder of one log is that log, whatever became of its lines; among other files only what holds records is one.
  const logs = byLog.size === 1 ? [...byLog.keys()] : await holdingRecords(byLog)
  const [first] = logs
  if (first === undefined)
    throw new LogInputError(`${directory}: there is no log in this directory`)
  if (logs.length === 1) return byLog.get(first) ?? []
  const some = logs.slice(0, SHOWN).join(', ') + (logs.length > SHOWN ? ', …' : '')
  throw new LogInputError(`${directory}: there are ${logs.length} logs, name one of them: ${some}`)
}

async function holdingRecords(byLog: ReadonlyMap<string, readonly string[]>): Promise<string[]> {
  const found: string[] = []
  for (const [log, files] of byLog)
    for (const file of files) {
      const line = await firstLine(fileSource(file).read(), isProgramLog)
      if (line === null || !looksLikeRecord(line.bytes)) continue
      found.push(log)
      break
    }
  return found
}

/** True where any line of a file looks like a record, intact or not. */
export async function holdsRecords(source: LogSource): Promise<boolean> {
  for await (const lines of readLines(source.read()))
    if (lines.some(({ bytes }) => looksLikeRecord(bytes))) return true
  return false
}

function looksLikeRecord(line: Buffer): boolean {
  return line.includes('"hash":"') && line.includes('"sequence":')
}

async function kindOf(path: string): Promise<'file' | 'directory' | 'missing'> {
  try {
    return (await stat(path)).isDirectory() ? 'directory' : 'file'
  } catch (error) {
    if (isMissing(error)) return 'missing'
    throw error
  }
}

function none(path: string): never {
  throw new LogInputError(`${path}: there is no such file`)
}
