import type { YamlLimits } from './compose.ts'
import { parseDocuments, type YamlDocument } from './parse-documents.ts'
import { YamlError } from './yaml-error.ts'

export { YamlError } from './yaml-error.ts'

/** Limits for texts that arrive with a request or are read again and again: under a second in the worst case. */
export const TEXT_LIMITS: YamlLimits = {
  length: 256 * 1024,
  depth: 64,
  tokens: 50_000,
  aliases: 100,
}

/**
 * Reads one YAML 1.2 (core schema) or JSON document into plain JSON values; an empty text is null. Throws `YamlError` and
 * nothing else. Refused, because they would be read as something else than written: repeated keys, merge keys, tags
 * beyond the core schema, `.inf` and `.nan`, integers that a double cannot hold.
 */
export function readYaml(text: string, limits: Partial<YamlLimits> = {}): unknown {
  return readDocument(text, limits).value
}

/** Like `readYaml`, with the positions of what was read. */
export function readDocument(text: string, limits: Partial<YamlLimits> = {}): YamlDocument {
  const [first, second] = parseDocuments(text, '', { ...TEXT_LIMITS, ...limits })
  if (!first) throw new YamlError('syntax', 'there is nothing to read', { line: 1, column: 1 })
  if ('error' in first) throw first.error
  if (!second) return first
  if ('error' in second) throw second.error
  const reason = 'only one document is read; remove "---" and what follows'
  throw new YamlError('several-documents', reason, second.start)
}
