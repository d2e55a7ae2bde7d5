import { statSync, writeSync } from 'node:fs'
import * as promises from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FileSystem } from './log-files.ts'

// File systems of this machine by the f_type of statfs(2), the values of Linux's include/uapi/linux/magic.h; XFS has its own
// in fs/xfs/libxfs/xfs_format.h. What is not here may be the file system of a server: NFS, CephFS, SMB, any FUSE.
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // xfs
  0x9123683e, // btrfs
  0x01021994, // tmpfs
  0x794c7630, // overlayfs
])

/**
 * The calls with which a log is written. On a file system of this machine the two of every commit that only reach the page
 * cache are made at once. A server that hangs must stop no more than the log: there every call has a thread to wait in.
 */
export async function fileSystemFor(
  log: string,
  statfs: (path: string) => Promise<{ readonly type: number }> = promises.statfs,
): Promise<FileSystem> {
  const { type } = await statfs(dirname(log))
  return LOCAL.has(type) ? localFileSystem : promises
}

/**
 * `node:fs/promises`, but for writing to an open file and asking for a name. Each takes a few microseconds, and a trip to a
 * worker thread and back several times that. What waits for the disk, fdatasync, stays in its thread.
 */
const localFileSystem: FileSystem = {
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
