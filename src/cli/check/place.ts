import { own } from '../../core/json.ts'
import type { Path } from '../../yaml/locate.ts'
import type { YamlDocument } from '../../yaml/parse-documents.ts'
import type { Place } from './report.ts'

const ANNOTATION = /^metadata\.annotations\[(.*)\]$/s

/** The keys that lead to a field as messages name it: `spec.network`, `metadata.annotations[a.b/c]`. */
export function pathOf(field: string): readonly string[] {
  const annotation = ANNOTATION.exec(field)?.[1]
  return annotation === undefined ? field.split('.') : ['metadata', 'annotations', annotation]
}

/** True where a value stands at the path, lists included. */
export function stands(value: unknown, path: Path): boolean {
  let inner = value
  for (const key of path)
    inner = Array.isArray(inner) ? inner[Number(key)] : own(inner, String(key))
  return inner !== undefined
}

/** Where a path stands in its file; of one that is absent, the nearest parent. */
export function placeOf({ source, lineOf }: YamlDocument, path: Path): Place {
  return { file: source, ...lineOf(path) }
}
