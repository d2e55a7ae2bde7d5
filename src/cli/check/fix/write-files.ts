import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import { explainWriteError } from '../../../files/explain-error.ts'
import type { Output } from '../../io.ts'
import { type InputFile, readInputFile, STDIN } from '../input-files.ts'
import type { Problem } from '../report.ts'

/** A file that could not be written. */
export type Unwritten = {
  readonly problem: Problem
  /** Why, for each value that was to be written. */
  readonly reason: string
  /** What of it is on disk now; empty where it cannot even be read any more. */
  readonly left: readonly InputFile[]
}

/** Writes the files that differ from what was read, and standard input to standard output; tells by name which could not be. */
export async function writeFiles(
  files: readonly InputFile[],
  read: readonly InputFile[],
  stdout: Output,
): Promise<ReadonlyMap<string, Unwritten>> {
  const unwritten = new Map<string, Unwritten>()
  for (const { file, text } of files) {
    const before = read.find(one => one.file === file)?.text ?? text
    if (file === STDIN) stdout.write(text)
    else if (text !== before) {
      const reason = whyNotWritten(file, text, before)
      if (reason !== null) unwritten.set(file, await leftOf(file, reason))
    }
  }
  return unwritten
}

// The file is not emptied first: on a disk that is full there would be neither the old text nor the new one.
function whyNotWritten(file: string, text: string, before: string): string | null {
  try {
    overwrite(file, text)
    return null
  } catch (error) {
    try {
      overwrite(file, before)
    } catch {
      // Not one byte of it was changed, or what there is now is read again.
    }
    return explainWriteError(error) ?? `cannot be written: ${(error as Error).message}`
  }
}

// In its place: a new file under its name would have another owner, and cut symbolic and hard links.
function overwrite(file: string, text: string): void {
  const descriptor = openSync(file, 'r+')
  try {
    writeFileSync(descriptor, text)
    ftruncateSync(descriptor, Buffer.byteLength(text))
  } finally {
    closeSync(descriptor)
  }
}

async function leftOf(file: string, text: string): Promise<Unwritten> {
  const left = await readInputFile(file, NO_INPUT)
  if ('problem' in left)
    return { problem: left.problem, reason: 'the file is no longer what was read', left: [] }
  return { problem: { file, line: 0, column: 0, text }, reason: `the file ${text}`, left: [left] }
}

const NO_INPUT = { async *[Symbol.asyncIterator]() {} }
