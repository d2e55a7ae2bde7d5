/** A line without its line break; `ended` is false for bytes after the last line break. */
export type Line = { readonly bytes: Buffer; readonly ended: boolean }

// A review of 7 MiB (what the server accepts) grows at most sixfold, by \u00XX escapes.
const LONGEST = 64 * 1024 * 1024
const NEWLINE = 10

/**
 * Splits chunks into lines, as many at a time as a chunk holds. Keeps no more than one line, and
 * stops at one that is longer than any record can be.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line[]> {
  let rest: Buffer[] = []
  let waiting = 0
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    const lines: Line[] = []
    let start = 0
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
      const piece = bytes.subarray(start, end)
      lines.push({ bytes: rest.length ? Buffer.concat([...rest, piece]) : piece, ended: true })
      rest = []
      waiting = 0
      start = end + 1
    }
    if (start < bytes.length) {
      rest.push(bytes.subarray(start))
      waiting += bytes.length - start
    }
    if (lines.length) yield lines
    if (waiting > LONGEST) break
  }
  if (rest.length) yield [{ bytes: Buffer.concat(rest), ended: false }]
}

/** The first line that is not `passedOver`, or null where there is none. */
export async function firstLine(
  chunks: AsyncIterable<Uint8Array>,
  passedOver: (line: Buffer) => boolean = () => false,
): Promise<Line | null> {
  for await (const lines of readLines(chunks)) {
    const line = lines.find(({ bytes }) => !passedOver(bytes))
    if (line) return line
  }
  return null
}
