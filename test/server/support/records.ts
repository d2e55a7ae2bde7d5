import { readFileSync } from 'node:fs'

/** A record as tests read it. */
export type LogRecord = { readonly type: string; readonly sequence: number } & Readonly<
  Record<string, unknown>
>

/** The records of an audit log. */
export function recordsIn(path: string): readonly LogRecord[] {
  const text = readFileSync(path, 'utf8')
  return text.split('\n').flatMap(line => (line === '' ? [] : [JSON.parse(line) as LogRecord]))
}
