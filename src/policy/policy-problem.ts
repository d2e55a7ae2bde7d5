import { printable } from '../core/json.ts'

/** One thing wrong with a policy file. Line and column 0 mean the file as a whole. */
export type PolicyProblem = {
  readonly line: number
  readonly column: number
  /** Dotted path of the key, empty for the document. */
  readonly path: string
  readonly message: string
}

/** A problem as one line that terminals and editors turn into a link: `policy.yaml:12:5 rules.x: …`. */
export function formatProblem(
  source: string,
  { line, column, path, message }: PolicyProblem,
): string {
  const place = line === 0 ? `${source}:` : `${source}:${line}:${column}`
  return path === '' ? `${place} ${message}` : `${place} ${path}: ${message}`
}

/** Keys and indexes as they stand in messages: `networks.unstable[2]`. */
export function formatPath(segments: readonly (string | number)[]): string {
  return segments
    .map(segment => (typeof segment === 'number' ? `[${segment}]` : `.${printable(segment)}`))
    .join('')
    .replace(/^\./, '')
}
