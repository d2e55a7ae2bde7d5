import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { type CheckedLine, checkLine, type Head, NO_RECORD } from './chain.ts'
import { firstLine } from './lines.ts'
import {
  type FileSystem,
  isMissing,
  rotatedFiles,
  syncDirectory,
  tornFiles,
  tornName,
} from './log-files.ts'
import { AuditError } from './sink.ts'

/** Where a log ends, and what the next record has to tell about the end before. */
export type Recovered = {
  readonly head: Head
  /** Bytes of the active file, and the number of its first record. */
  readonly size: number
  readonly first: number | null
  /** Content of the records that note what was set aside. */
  readonly notes: readonly RecoveryNote[]
}

/** Content of the record about bytes that a crash left behind at the end of the log. */
export type RecoveryNote = {
  readonly type: 'recovery'
  readonly tornBytes: number
  readonly tornSha256: string
  readonly tornFile: string
}

type LastLine = { readonly start: number; readonly checked: CheckedLine }

const BLOCK = 64 * 1024

/**
 * Finds the end of a log after a stop of any kind. Bytes after the last whole record are moved to a
 * file of their own; `unsynced` is the most that one write can have left there.
 */
export async function recover(log: string, fs: FileSystem, unsynced: number): Promise<Recovered> {
  const handle = await openExisting(log, 'r+', fs)
  try {
    const { head, size, first } = await endOf(log, handle, fs, unsynced)
    const next = head.sequence + 1
    if (handle) await setAside(handle, size, log, next, fs)
    return { head, size, first, notes: await owedNotes(log, next, fs) }
  } finally {
    await handle?.close()
  }
}

/** Throws what `recover` would say of a log that cannot be gone on with, and leaves everything as it is. */
export async function checkEnd(log: string, fs: FileSystem, unsynced: number): Promise<void> {
  const handle = await openExisting(log, 'r+', fs)
  try {
    await endOf(log, handle, fs, unsynced)
  } finally {
    await handle?.close()
  }
}

async function endOf(
  log: string,
  handle: FileHandle | null,
  fs: FileSystem,
  unsynced: number,
): Promise<Omit<Recovered, 'notes'>> {
  const { size, record } = handle ? await findEnd(handle, unsynced, log) : { size: 0, record: null }
  const { sequence, hash } = record ?? (await endOfRotated(log, fs))
  const first = handle && record ? await firstSequence(handle, size, record) : null
  return { head: { sequence, hash }, size, first }
}

async function findEnd(handle: FileHandle, unsynced: number, log: string) {
  const { size: length } = await handle.stat()
  let size = await lineStart(handle, await withoutHoles(handle, length, unsynced))
  let last = await lineBefore(handle, size)
  if (last && size === length && isTorn(last)) {
    size = last.start
    last = await lineBefore(handle, size)
  }
  if (last?.checked.problem) throw damaged(log, last.checked.problem.message)
  return { size, record: last?.checked.record ?? null }
}

// A page that holds what stood on the disk before makes a line that is no JSON. A line that can be read was written whole,
// so where it does not verify somebody changed it: set aside, it would pass for what a crash left.
function isTorn({ start, checked }: LastLine): boolean {
  return start > 0 && checked.problem?.kind === 'bad-json'
}

// Pages of one write may reach the disk in any order, and a page that did not is read as zeros. No
// record holds a zero byte, so the first one in what a write can span is where the whole lines end.
async function withoutHoles(handle: FileHandle, length: number, unsynced: number) {
  const start = Math.max(0, length - unsynced)
  const hole = (await read(handle, start, length)).indexOf(0)
  return hole === -1 ? length : start + hole
}

// The place after the last line break before `end`.
async function lineStart(handle: FileHandle, end: number): Promise<number> {
  for (let stop = end; stop > 0; stop -= BLOCK) {
    const start = Math.max(0, stop - BLOCK)
    const found = (await read(handle, start, stop)).lastIndexOf('\n')
    if (found !== -1) return start + found + 1
  }
  return 0
}

async function lineBefore(handle: FileHandle, end: number): Promise<LastLine | null> {
  if (end === 0) return null
  const start = await lineStart(handle, end - 1)
  return { start, checked: checkLine(await read(handle, start, end - 1), null) }
}

async function* blocks(handle: FileHandle, from: number, to: number): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += BLOCK) yield await read(handle, at, Math.min(to, at + BLOCK))
}

async function read(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start)
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, start + done)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    done += bytesRead
  }
  return bytes
}

// Only names the file when it is full; a first line that cannot be read is for `audit verify` to tell.
async function firstSequence(handle: FileHandle, size: number, last: Head): Promise<number> {
  const line = await firstLine(blocks(handle, 0, size))
  const checked = line && checkLine(line.bytes, null)
  return checked?.record?.sequence ?? last.sequence
}

async function endOfRotated(log: string, fs: FileSystem): Promise<Head> {
  for (const { path } of (await rotatedFiles(log, fs)).reverse()) {
    const handle = await fs.open(path, 'r')
    try {
      const { size } = await handle.stat()
      const last = await lineBefore(handle, size)
      if (last?.checked.problem) throw damaged(path, last.checked.problem.message)
      if (last?.checked.record) return last.checked.record
    } finally {
      await handle.close()
    }
  }
  return NO_RECORD
}

async function setAside(
  handle: FileHandle,
  size: number,
  log: string,
  next: number,
  fs: FileSystem,
): Promise<void> {
  const { size: length } = await handle.stat()
  if (length === size) return
  // The number is that of the record which will note it, so that a note is known to be owed even
  // after another crash before it was written.
  const numbers = (await tornFiles(log, fs)).map(file => file.sequence)
  let number = next
  while (numbers.includes(number)) number++
  await copyEnd(handle, size, length, tornName(log, number), fs)
  await handle.truncate(size)
  await handle.sync()
}

async function copyEnd(
  handle: FileHandle,
  from: number,
  to: number,
  name: string,
  fs: FileSystem,
): Promise<void> {
  const copy = await fs.open(name, 'wx', 0o600)
  try {
    for await (const block of blocks(handle, from, to)) await copy.writeFile(block)
    await copy.sync()
    await syncDirectory(name, fs)
  } catch (error) {
    // Half a copy is no evidence, and the bytes are still in the log; a full disk is tried again.
    await fs.unlink(name).catch(() => {})
    throw error
  } finally {
    await copy.close()
  }
}

async function owedNotes(log: string, next: number, fs: FileSystem): Promise<RecoveryNote[]> {
  const notes: RecoveryNote[] = []
  for (const { path, sequence } of await tornFiles(log, fs)) {
    if (sequence !== next + notes.length) continue
    notes.push(await noteOf(path, fs))
  }
  return notes
}

async function noteOf(path: string, fs: FileSystem): Promise<RecoveryNote> {
  const handle = await fs.open(path, 'r')
  try {
    const { size } = await handle.stat()
    const sum = createHash('sha256')
    for await (const block of blocks(handle, 0, size)) sum.update(block)
    const tornSha256 = sum.digest('hex')
    return { type: 'recovery', tornBytes: size, tornSha256, tornFile: basename(path) }
  } finally {
    await handle.close()
  }
}

async function openExisting(path: string, flags: string, fs: FileSystem) {
  try {
    return await fs.open(path, flags)
  } catch (error) {
    if (isMissing(error)) return null
    throw error
  }
}

function damaged(path: string, message: string): AuditError {
  return new AuditError(
    'AUDIT_DAMAGED',
    `audit log ${path}: the last record cannot be verified: ${message}. Nothing was written, because a chain that goes ` +
      'on from it would hide this. Keep the evidence: move every file of this log to another directory; a new log then ' +
      'starts at record 1. `migration-guard audit verify` on the moved files tells which records are intact',
  )
}
