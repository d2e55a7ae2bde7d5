// Makes logs for the tests.
import { after, type Head, NO_RECORD, seal } from '../../../src/audit/chain.ts'
import type { LogSource } from '../../../src/audit/verification.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { createLog } from '../../../src/server/log.ts'

/** A record such as the guard writes, of the given number. */
export function entry(number: number): JsonObject {
  return {
    type: 'decision',
    time: new Date(Date.UTC(2026, 10, 23, 12, 0, number)).toISOString(),
    uid: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    user: { username: 'ädmin', groups: ['system:authenticated'] },
    before: { allowPostCopy: false, progressTimeout: 150 },
    decision: number % 3 === 0 ? 'denied' : 'allowed',
  }
}

/** The lines of a chain, without line breaks. */
export function chainOf(
  count: number,
  start = NO_RECORD,
  content: (number: number) => JsonObject = entry,
): string[] {
  const lines: string[] = []
  let head = start
  for (let number = 1; number <= count; number++) {
    const { line, hash } = seal(content(start.sequence + number), after(head))
    head = { sequence: head.sequence + 1, hash }
    lines.push(line)
  }
  return lines
}

/** A line of the program's own log. */
export function programLog(message: string): string {
  let text = ''
  createLog({ level: 'info', write: line => (text = line) }).info(message, { port: 8443 })
  return text.trimEnd()
}

/** The text of a file of these lines. */
export function fileOf(lines: readonly string[]): string {
  return lines.map(line => `${line}\n`).join('')
}

/** The last record of these lines. */
export function headOf(lines: readonly string[]): Head {
  return JSON.parse(lines.at(-1) ?? '{}')
}

/** A source in memory, which hands out its bytes in pieces of the given size. */
export function sourceOf(name: string, content: string | Buffer, piece = 1024): LogSource {
  const bytes = Buffer.from(content)
  return {
    name,
    async *read() {
      for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece)
    },
  }
}
