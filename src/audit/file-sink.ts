import { existsSync } from 'node:fs'
import { ActiveFile } from './active-file.ts'
import { type Batch, BatchQueue, recordsOf } from './batch-queue.ts'
import type { Head } from './chain.ts'
import { type FileLock, lockLog } from './file-lock.ts'
import { fileSystemFor } from './file-system-for.ts'
import { type FileSystem, lockName } from './log-files.ts'
import { checkEnd, type Recovered, type RecoveryNote, recover } from './recover.ts'
import {
  type AuditEntry,
  AuditError,
  type AuditSink,
  type Receipt,
  type SinkStatus,
} from './sink.ts'

/** How a log is kept in a file. */
export type FileSinkOptions = {
  readonly path: string
  /** A file that has reached this size, its preamble aside, is followed by a new one; without it none ever is. */
  readonly maxBytes?: number
  /** Records are refused while more than this waits: a disk that hangs must not fill the memory. */
  readonly maxQueuedBytes?: number
  /** Content of the first records of every new file. */
  readonly preamble?: () => readonly AuditEntry[]
  /** Time of the records that the sink adds itself. */
  readonly now?: () => Date
  /** Told of what a crash left, once it is set aside. */
  readonly onRecovery?: (note: RecoveryNote) => void
  readonly fs?: FileSystem
}

const MIB = 1024 * 1024
// The most that one write takes, a single larger record aside; so the most that a crash can tear.
const BATCH_BYTES = MIB

/** Opens the log in a file, sets aside what a crash left at its end, and goes on with its chain. */
export async function openFileSink(options: FileSinkOptions): Promise<AuditSink> {
  const lock = lockLog(options.path)
  try {
    const fs = options.fs ?? (await fileSystemFor(options.path))
    const end = await recover(options.path, fs, BATCH_BYTES)
    for (const note of end.notes) options.onRecovery?.(note)
    const file = new ActiveFile(options.path, end, fs)
    await file.open()
    const sink = new FileSink(options, file, end, lock)
    await sink.begin()
    return sink
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Throws what `openFileSink` would refuse a log for, and leaves no trace of having looked. */
export async function checkFileSink(path: string): Promise<void> {
  // Where there is no file to lock, nobody holds the lock.
  if (existsSync(lockName(path))) lockLog(path).release()
  await checkEnd(path, await fileSystemFor(path), BATCH_BYTES)
}

class FileSink implements AuditSink {
  readonly #file: ActiveFile
  readonly #lock: FileLock
  readonly #maxBytes: number
  readonly #maxQueuedBytes: number
  readonly #preamble: () => readonly AuditEntry[]
  readonly #queue: BatchQueue
  #head: Head
  /** True while the file lacks its preamble: on disk now, and once the queue is written. */
  #bare: boolean
  #bareLater: boolean
  /** Bytes of the file once the queue is written. */
  #bytesLater: number
  /** Notes of the recovery that are not on disk, and the batch that takes them there. */
  #notes: readonly AuditEntry[]
  #notesBatch: Batch | null = null
  #busy = false
  #idle: Promise<void> = Promise.resolve()
  #inFlight = 0
  #closing: Promise<void> | null = null
  #error: string | null = null

  constructor(options: FileSinkOptions, file: ActiveFile, end: Recovered, lock: FileLock) {
    const now = options.now ?? (() => new Date())
    this.#file = file
    this.#lock = lock
    this.#maxBytes = options.maxBytes ?? Number.POSITIVE_INFINITY
    this.#maxQueuedBytes = options.maxQueuedBytes ?? 64 * MIB
    this.#preamble = options.preamble ?? (() => [])
    this.#queue = new BatchQueue(end.head, BATCH_BYTES)
    this.#head = end.head
    this.#bare = file.size === 0
    this.#bareLater = this.#bare
    this.#bytesLater = file.size
    this.#notes = end.notes.map(note => ({ ...note, time: now().toISOString() }))
  }

  status(): SinkStatus {
    return {
      healthy: this.#error === null,
      error: this.#error,
      head: this.#head,
      queued: this.#queue.records + this.#inFlight,
    }
  }

  /** Writes what the recovery has to tell; where that fails, the next record tries it again. */
  async begin(): Promise<void> {
    this.#addNotes()
    this.#startWriting()
    await this.#idle
  }

  append(entry: AuditEntry): Receipt {
    if (this.#closing) throw new AuditError('AUDIT_CLOSED', 'the audit log is closed')
    if (this.#queue.bytes > this.#maxQueuedBytes) {
      throw new AuditError('AUDIT_BUSY', 'too many audit records wait for the disk')
    }
    this.#addNotes()
    const full = this.#bytesLater >= this.#maxBytes
    const opens = full || this.#bareLater
    if (opens) this.#addPreamble(full)
    const batch = this.#add(entry)
    if (opens) batch.endsPreamble = true
    const receipt = { ...batch.head, durable: batch.done.promise }
    this.#startWriting()
    return receipt
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#idle
    await this.#file.close()
    this.#lock.release()
  }

  #addNotes(): void {
    if (this.#notesBatch) return
    for (const note of this.#notes) this.#notesBatch = this.#add(note)
  }

  #addPreamble(inNewFile: boolean): void {
    const entries = this.#preamble()
    if (inNewFile) this.#queue.startFile()
    for (const entry of entries) this.#add(entry)
    this.#bareLater = false
    // Not counted: where it is larger than a file may be, every record would start another file.
    this.#bytesLater = 0
  }

  #add(entry: AuditEntry): Batch {
    const waiting = this.#queue.bytes
    const batch = this.#queue.add(entry)
    this.#bytesLater += this.#queue.bytes - waiting
    return batch
  }

  // While one batch is on its way to the disk, all later records gather in the next ones.
  #startWriting(): void {
    if (this.#busy) return
    this.#busy = true
    this.#idle = this.#writeAll()
  }

  async #writeAll(): Promise<void> {
    for (let batch = this.#queue.take(); batch; batch = this.#queue.take()) {
      this.#inFlight = recordsOf(batch)
      try {
        if (batch.startsFile) await this.#file.rotate()
        await this.#file.append(Buffer.from(batch.lines.join('')), batch.first)
        this.#succeeded(batch)
      } catch (error) {
        this.#failed(batch, error as Error)
      }
    }
    this.#busy = false
  }

  #succeeded(batch: Batch): void {
    this.#head = batch.head
    this.#inFlight = 0
    this.#error = null
    if (batch === this.#notesBatch) this.#notes = []
    if (batch.startsFile) this.#bare = true
    if (batch.endsPreamble) this.#bare = false
    batch.done.resolve()
  }

  // What waited was chained to the records that failed, so it fails with them.
  #failed(batch: Batch, error: Error): void {
    this.#error = error.message
    this.#inFlight = 0
    this.#notesBatch = null
    this.#bare ||= this.#file.size === 0
    this.#bareLater = this.#bare
    this.#bytesLater = this.#file.size
    for (const lost of [batch, ...this.#queue.restart(this.#head)]) lost.done.reject(error)
  }
}
