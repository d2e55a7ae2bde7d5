import { accessSync, chmodSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { lockName } from './log-files.ts'
import { AuditError } from './sink.ts'

/** A held lock; the kernel lets go of it when the process ends, however it ends. */
export type FileLock = { release(): void }

// SQLite's result code for a lock held by somebody else (sqlite.org/rescode.html).
const SQLITE_BUSY = 5

/**
 * Makes this process the only writer of a log. Node has no flock; an open transaction of the SQLite
 * inside Node holds a POSIX lock, on an empty file that nothing is ever written to. A file with a
 * pid would need guesses: containers number their processes alike, and a pod that is gone cannot be
 * asked whether it still lives.
 */
export function lockLog(log: string): FileLock {
  const path = lockName(log)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path)
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    chmodSync(path, 0o600)
    const held = database
    return { release: () => held.close() }
  } catch (cause) {
    database?.close()
    throw new AuditError('AUDIT_LOCKED', `audit log ${log}: ${explain(cause, path)}`, { cause })
  }
}

function explain(cause: unknown, path: string): string {
  if ((cause as { errcode?: number }).errcode === SQLITE_BUSY)
    return `it is being written already; every replica needs a log of its own (\`lsof ${path}\` names the other process)`
  const folder = dirname(path)
  if (!existsSync(folder)) return `the folder ${folder} does not exist; make it first`
  if (!isWritable(folder)) return `this process may not write into the folder ${folder}`
  return `cannot lock ${path}: ${(cause as Error).message}`
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}
