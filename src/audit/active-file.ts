import type { FileHandle } from 'node:fs/promises'
import { type FileSystem, isMissing, rotatedName, syncDirectory } from './log-files.ts'
import { AuditError } from './sink.ts'

/** The file of a log that is being written, and how much of it is known to be on disk. */
export class ActiveFile {
  readonly #path: string
  readonly #fs: FileSystem
  #handle: FileHandle | null = null
  #inode: number | null = null
  #size: number
  #first: number | null
  /** Bytes of a failed write that may lie beyond `#size`. */
  #loose = 0

  constructor(path: string, start: { size: number; first: number | null }, fs: FileSystem) {
    this.#path = path
    this.#fs = fs
    this.#size = start.size
    this.#first = start.first
  }

  /** Bytes that are on disk; 0 for a file that is new, also where a lost one had to be replaced. */
  get size(): number {
    return this.#size
  }

  /** Writes bytes and waits until they are on disk; after a failure none of them is in the file. */
  async append(bytes: Buffer, first: number): Promise<void> {
    const handle = this.#handle ?? (await this.open())
    let written = 0
    try {
      while (written < bytes.length) written += await writeSome(handle, bytes.subarray(written))
      // Somebody may have moved, removed or cut the file (logrotate): its name tells, our handle not.
      const [named] = await Promise.all([this.#fs.stat(this.#path), handle.datasync()])
      if (named.ino !== this.#inode || named.size !== this.#size + bytes.length) throw this.#lost()
    } catch (error) {
      this.#loose = error instanceof AuditError ? 0 : bytes.length
      // Taken out of a file that was moved away, too: these numbers will be given again.
      await takeBack(handle, written).catch(() => {})
      await this.close()
      await this.open().catch(() => {}) // Tried again before the next write.
      throw error
    }
    this.#first ??= first
    this.#size += bytes.length
  }

  /**
   * Opens the file, cut back to what is known to be on disk. After a failed fdatasync the kernel
   * forgets which pages it has not written (Linux fsync(2), "fsyncgate"), so whatever a failed
   * write left is cut off and written again, never synced again.
   */
  async open(): Promise<FileHandle> {
    const handle = await this.#fs.open(this.#path, 'a', 0o600)
    try {
      const { ino, size } = await handle.stat()
      const replaced = this.#inode !== null && this.#size > 0 && ino !== this.#inode
      if (replaced || !(await this.#cutBack(handle))) {
        await this.#setAside(size)
        throw this.#lost()
      }
      await syncDirectory(this.#path, this.#fs)
      this.#inode = ino
    } catch (error) {
      await handle.close().catch(() => {})
      throw error
    }
    this.#loose = 0
    this.#handle = handle
    return handle
  }

  /** Gives the file its final name and starts an empty one. */
  async rotate(): Promise<void> {
    if (!this.#handle) await this.open()
    await this.#setAside(this.#size)
    await this.close()
    await this.open()
  }

  async close(): Promise<void> {
    // What counts was synced: an error of close adds nothing.
    await this.#handle?.close().catch(() => {})
    this.#handle = null
  }

  // Only what a failed write can have left is cut; a file of any other size is not as we left it.
  async #cutBack(handle: FileHandle): Promise<boolean> {
    const { size } = await handle.stat()
    if (size < this.#size || size > this.#size + this.#loose) return false
    if (size > this.#size) await handle.truncate(this.#size)
    await handle.sync()
    return true
  }

  async #setAside(size: number): Promise<void> {
    if (size > 0) {
      const name = rotatedName(this.#path, this.#first ?? 0)
      if (await this.#exists(name)) throw new Error(`${name} is in the way: move it elsewhere`)
      await this.#fs.rename(this.#path, name)
    }
    this.#size = 0
    this.#first = null
    this.#inode = null
    this.#loose = 0
  }

  async #exists(path: string): Promise<boolean> {
    try {
      await this.#fs.stat(path)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  }

  #lost(): AuditError {
    return new AuditError(
      'AUDIT_REPLACED',
      `audit log ${this.#path} was moved, removed or changed by something else; the chain goes on in a new file`,
    )
  }
}

async function writeSome(handle: FileHandle, bytes: Buffer): Promise<number> {
  const { bytesWritten } = await handle.write(bytes, 0, bytes.length)
  if (bytesWritten === 0) throw new Error('the file system took no more bytes')
  return bytesWritten
}

async function takeBack(handle: FileHandle, bytes: number): Promise<void> {
  const { size } = await handle.stat()
  if (bytes > 0 && size >= bytes) await handle.truncate(size - bytes)
  await handle.sync()
}
