import type { Document } from 'yaml'
import { compose, faultOf, type YamlLimits } from './compose.ts'
import { offsetOf, type Path, plainAt } from './locate.ts'
import { toValue } from './to-value.ts'
import { type Position, YamlError } from './yaml-error.ts'

/** A document of a manifest file: its value, the tree that keeps comments, and where each path stands. */
export type YamlDocument = {
  readonly source: string
  readonly value: unknown
  /** Its ranges count from after a byte order mark, if the text has one. */
  readonly document: Document.Parsed
  /** Where the document begins: at its `---`, else at its first line that is no comment. */
  readonly start: Position
  readonly lineOf: (path: Path) => Position
  /** The text of a value without quotes, as it stands there. */
  readonly plainAt: (path: Path) => string | undefined
}

/** A document that cannot be read. The documents around it are not affected. */
export type BrokenDocument = { readonly source: string; readonly error: YamlError }

/**
 * Limits for files that somebody checks on purpose. Custom resource definitions nest about 50 deep, and 10 MiB of
 * manifests have some 2.3 million tokens.
 */
export const FILE_LIMITS: YamlLimits = {
  length: 10 * 1024 * 1024,
  depth: 128,
  tokens: 4_000_000,
  aliases: 10_000,
}

/**
 * Reads every document of a YAML or JSON text, in order. A document without content has the value null. Where a limit is
 * exceeded the last entry says so, and what follows is not read.
 */
export function parseDocuments(
  text: string,
  source: string,
  limits: YamlLimits = FILE_LIMITS,
): readonly (YamlDocument | BrokenDocument)[] {
  const { documents, stopped, positionOf } = compose(text, limits)
  const broken = (error: YamlError) => ({ source, error: ofTemplate(text, error) })
  const read = documents.map((document): YamlDocument | BrokenDocument => {
    const fault = faultOf(document, positionOf)
    if (fault) return broken(fault)
    try {
      const { value, targets } = toValue(document.contents, limits, positionOf)
      const lineOf = (path: Path): Position => positionOf(offsetOf(document, path, targets))
      return {
        ...{ source, value, document, lineOf },
        start: positionOf(document.range[0]),
        plainAt: path => plainAt(document, path, targets),
      }
    } catch (error) {
      if (error instanceof YamlError) return broken(error)
      throw error
    }
  })
  return stopped ? [...read, { source, error: stopped }] : read
}

// `{{ .Values.x }}` and `{{- if` of Helm, `{% if` of Jinja: as YAML, they break in ways that say nothing of the cause.
const TEMPLATE = /\{\{[-\s]*[.$\w"]|\{%/

function ofTemplate(text: string, error: YamlError): YamlError {
  const { code, reason } = error
  if ((code !== 'syntax' && code !== 'key') || !TEMPLATE.test(text)) return error
  return new YamlError(code, `${reason}; this looks like a template: render it first`, error)
}
