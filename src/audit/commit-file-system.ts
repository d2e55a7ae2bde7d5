import { statSync, writeSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import type { FileSystem } from './log-files.ts'

/**
 * `node:fs/promises`, but for the two calls of every commit that only reach the page cache: writing to an open file and
 * asking for a name. Each takes a few microseconds, and a trip to a worker thread and back several times that. What waits for
 * the disk, fdatasync, stays in its thread.
 */
export const commitFileSystem: FileSystem = {
  ...promises,
  open: (async (path: string, flags: string, mode?: number) => {
    const handle = await promises.open(path, flags, mode)
    handle.write = (async (bytes: Buffer, offset: number, length: number) => ({
      bytesWritten: writeSync(handle.fd, bytes, offset, length),
      buffer: bytes,
    })) as typeof handle.write
    return handle
  }) as typeof promises.open,
  stat: (async (path: string) => statSync(path)) as unknown as typeof promises.stat,
}
