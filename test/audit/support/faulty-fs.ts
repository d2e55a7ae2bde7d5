// The real file system, with faults in chosen calls.
import * as promises from 'node:fs/promises'
import type { FileSystem } from '../../../src/audit/log-files.ts'

/** What a call does instead: fail with this code, nothing ("skip"), or write this many bytes only. */
export type Fault = string | number | undefined

/** Calls of a file handle and of the file system that reach the disk. */
export type Call = 'open' | 'rename' | 'stat' | 'write' | 'datasync' | 'sync' | 'truncate'

/** A file system that asks before each call whether it fails, and counts the calls. */
export function faultyFs(fault: (call: Call, path: string) => Fault = () => undefined) {
  const calls: Record<string, number> = {}

  function ask(call: Call, path: string): number | 'skip' | undefined {
    calls[call] = (calls[call] ?? 0) + 1
    const answer = fault(call, path)
    if (typeof answer === 'string' && answer !== 'skip') {
      throw Object.assign(new Error(`${answer}: injected, ${call}`), { code: answer })
    }
    return answer as number | 'skip' | undefined
  }

  const wrap = (handle: promises.FileHandle, path: string) =>
    new Proxy(handle, {
      get(target, name) {
        const value = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        const method = value.bind(target)
        if (name === 'write') {
          return async (bytes: Buffer, offset: number, length: number) =>
            method(bytes, offset, Math.min(length, Number(ask('write', path) ?? length)))
        }
        if (name !== 'datasync' && name !== 'sync' && name !== 'truncate') return method
        return async (...args: unknown[]) => {
          return ask(name, path) === 'skip' ? undefined : method(...args)
        }
      },
    })

  const fs = {
    ...promises,
    async open(path: string, flags: string, mode?: number) {
      ask('open', path)
      return wrap(await promises.open(path, flags, mode), path)
    },
    async rename(from: string, to: string) {
      ask('rename', from)
      return promises.rename(from, to)
    },
    async stat(path: string) {
      ask('stat', path)
      return promises.stat(path)
    },
  } as unknown as FileSystem
  return { fs, calls }
}
