import type { Writable } from 'node:stream'

/** What a command writes to; the rest is there on a terminal. */
export type Output = Writable & {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
}

/** Everything outside the program that a command may touch, so that a caller can stand in for it. */
export type CliIo = {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly now: () => Date
}
