import { flattenLists } from '../../core/facts/flatten-lists.ts'
import { readInventory, tellsSomething } from '../../core/facts/inventory.ts'
import { isObject, type JsonObject, printable, show } from '../../core/json.ts'
import type { Path } from '../../yaml/locate.ts'
import { parseDocuments, type YamlDocument } from '../../yaml/parse-documents.ts'
import { type Identity, identify } from './identify.ts'
import type { InputFile } from './input-files.ts'
import { placeOf } from './place.ts'
import type { Problem } from './report.ts'

/** A document with content, and which one of its file it is, from 0. */
export type FoundDocument = { readonly document: YamlDocument; readonly index: number }

/** An object in a file: what it says, and the way to it from the root of its document. */
export type Located = FoundDocument & { readonly object: JsonObject; readonly path: Path }

/** A manifest of a kind that is judged. */
export type Manifest = Located & Identity

/** What the files hold, sorted by what is done with it. */
type SortedObjects = {
  readonly manifests: readonly Manifest[]
  readonly reviews: readonly Located[]
  /** Objects that are not judged but tell of the cluster, such as networks and VMs. */
  readonly facts: readonly JsonObject[]
  readonly problems: Problem[]
  readonly skipped: ReadonlyMap<string, number>
}

/** Finds every object in the files; a broken document is a problem and never hides the others. */
export function sortObjects(files: readonly InputFile[]): SortedObjects {
  const manifests: Manifest[] = []
  const reviews: Located[] = []
  const facts: JsonObject[] = []
  const { documents, problems } = readDocuments(files)
  const skipped = new Map<string, number>()
  for (const found of documents)
    for (const { value, path } of flattenLists(found.document.value)) {
      const refuse = (text: string, at: Path = []) =>
        problems.push({ ...placeOf(found.document, [...path, ...at]), text })
      if (!isObject(value)) {
        refuse(`${show(value)} stands where an object is expected, with apiVersion and kind`)
        continue
      }
      const located = { ...found, object: value, path }
      if (value.kind === 'AdmissionReview') {
        reviews.push(located)
        continue
      }
      const identity = identify(value)
      if (identity === null && tellsSomething(readInventory([value]))) facts.push(value)
      else if (identity === null) countKind(skipped, value)
      else if ('flaw' in identity) refuse(identity.flaw, identity.path)
      else manifests.push({ ...located, ...identity })
    }
  return { manifests, reviews, facts, problems, skipped }
}

/** The documents of the files that can be read, and what is wrong with the others. */
function readDocuments(files: readonly InputFile[]): {
  readonly documents: readonly FoundDocument[]
  readonly problems: Problem[]
} {
  const documents: FoundDocument[] = []
  const problems: Problem[] = []
  for (const { file, text } of files)
    for (const [index, document] of parseDocuments(text, file).entries()) {
      if ('error' in document) {
        const { line, column, reason } = document.error
        problems.push({ file, line, column, text: printable(reason, 500) })
      } else if (document.value !== null) documents.push({ document, index })
    }
  return { documents, problems }
}

/** Counts one more of a kind. */
export function countKind(counts: Map<string, number>, { kind }: JsonObject): void {
  const name = typeof kind === 'string' && kind !== '' ? kind : 'without a kind'
  counts.set(name, (counts.get(name) ?? 0) + 1)
}
