import { after, type Head, type Link, seal } from './chain.ts'
import type { AuditEntry } from './sink.ts'

/** Sealed records that go to disk together: all of them or none. */
export type Batch = {
  /** Number of the first record. */
  readonly first: number
  /** True where a new file starts with this batch. */
  readonly startsFile: boolean
  readonly done: PromiseWithResolvers<void>
  readonly lines: string[]
  bytes: number
  /** The last record. */
  head: Head
  /** True where it ends what stands at the start of every file. */
  endsPreamble: boolean
}

/** The records that wait for the disk, chained in the order in which they came. */
export class BatchQueue {
  readonly #batchBytes: number
  #next: Link
  #batches: Batch[] = []
  #startsFile = false
  #bytes = 0
  #records = 0

  constructor(head: Head, batchBytes: number) {
    this.#next = after(head)
    this.#batchBytes = batchBytes
  }

  /** Bytes and records that wait. */
  get bytes(): number {
    return this.#bytes
  }

  get records(): number {
    return this.#records
  }

  /** Seals a record and puts it into the newest batch, or into a new one where that is full. */
  add(entry: AuditEntry): Batch {
    const { line, hash } = seal(entry, this.#next)
    const bytes = Buffer.byteLength(line) + 1
    const head = { sequence: this.#next.sequence, hash }
    const batch = this.#batchFor(bytes, head)
    batch.lines.push(line, '\n')
    batch.bytes += bytes
    batch.head = head
    this.#next = after(head)
    this.#bytes += bytes
    this.#records++
    return batch
  }

  /** Makes the next record the first one of a new file. */
  startFile(): void {
    this.#startsFile = true
  }

  /** Takes the oldest batch; later records no longer join it. */
  take(): Batch | undefined {
    const batch = this.#batches.shift()
    if (batch) this.#forget(batch)
    return batch
  }

  /** Takes everything that waits, and chains what comes next to `head`. */
  restart(head: Head): Batch[] {
    const batches = this.#batches
    this.#batches = []
    for (const batch of batches) this.#forget(batch)
    this.#startsFile = false
    this.#next = after(head)
    return batches
  }

  #batchFor(bytes: number, head: Head): Batch {
    const newest = this.#batches.at(-1)
    if (newest && !this.#startsFile && newest.bytes + bytes <= this.#batchBytes) return newest
    const done = Promise.withResolvers<void>()
    done.promise.catch(() => {}) // Nobody has to wait: a record may be written without a receipt.
    const startsFile = this.#startsFile
    this.#startsFile = false
    const batch: Batch = {
      first: head.sequence,
      startsFile,
      done,
      lines: [],
      bytes: 0,
      head,
      endsPreamble: false,
    }
    this.#batches.push(batch)
    return batch
  }

  #forget(batch: Batch): void {
    this.#bytes -= batch.bytes
    this.#records -= recordsOf(batch)
  }
}

/** How many records a batch holds. */
export function recordsOf(batch: Batch): number {
  return batch.head.sequence - batch.first + 1
}
