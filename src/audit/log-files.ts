import type * as promises from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** The part of `node:fs/promises` that the audit log uses. */
export type FileSystem = Pick<typeof promises, 'open' | 'readdir' | 'rename' | 'stat' | 'unlink'>

/** A file that carries the number of a record in its name. */
export type NumberedFile = { readonly path: string; readonly sequence: number }

// 12 digits: names sort as text up to a million million records.
const NUMBER = /^\d{12,}$/
const BESIDE = /\.(?:lock|torn-\d{12,})$/

function pad(sequence: number): string {
  return String(sequence).padStart(12, '0')
}

/** Name of a full file of the log: that of the log and the number of its first record. */
export function rotatedName(log: string, first: number): string {
  return `${log}.${pad(first)}`
}

/** Name of what a crash left behind: that of the log and the number of the record that notes it. */
export function tornName(log: string, notedBy: number): string {
  return `${log}.torn-${pad(notedBy)}`
}

/** Name of the file whose lock keeps other processes away from the log. */
export function lockName(log: string): string {
  return `${log}.lock`
}

/** The name of the log to which a file belongs. */
export function logName(path: string): string {
  return path.replace(/\.\d{12,}$/, '')
}

/** The number of the first record, where the name of the file tells it. */
export function firstInName(path: string): number | null {
  const found = /\.(\d{12,})$/.exec(path)
  return found ? Number(found[1]) : null
}

/** True for files that lie beside a log and hold no records of its chain. */
export function isBeside(path: string): boolean {
  return BESIDE.test(path)
}

/** The full files of a log, oldest first. */
export function rotatedFiles(
  log: string,
  fs: Pick<FileSystem, 'readdir'>,
): Promise<NumberedFile[]> {
  return numbered(log, '.', fs)
}

/** What crashes left behind, oldest first. */
export function tornFiles(log: string, fs: Pick<FileSystem, 'readdir'>): Promise<NumberedFile[]> {
  return numbered(log, '.torn-', fs)
}

async function numbered(log: string, infix: string, fs: Pick<FileSystem, 'readdir'>) {
  const prefix = basename(log) + infix
  const files: NumberedFile[] = []
  for (const name of await fs.readdir(dirname(log))) {
    const number = name.startsWith(prefix) ? name.slice(prefix.length) : ''
    if (NUMBER.test(number)) {
      files.push({ path: join(dirname(log), name), sequence: Number(number) })
    }
  }
  return files.sort((a, b) => a.sequence - b.sequence)
}

/** Makes names in a directory durable: fsync of a file does not cover its name (fsync(2)). */
export async function syncDirectory(path: string, fs: Pick<FileSystem, 'open'>): Promise<void> {
  const handle = await fs.open(dirname(path), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** True for the error of a file that is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT'
}
