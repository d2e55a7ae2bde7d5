import { type Document, isAlias, isMap, isScalar, isSeq, type Node, Scalar } from 'yaml'
import type { AliasTargets } from './to-value.ts'

/** Keys and list indexes from the root of a document. */
export type Path = readonly (string | number)[]

/**
 * The offset at which a path stands: of its key, or of the list item. Where the document has no such path, of the
 * deepest part that it has.
 */
export function offsetOf(document: Document.Parsed, path: Path, targets: AliasTargets): number {
  let offset = startOf(document.contents) ?? document.range[0]
  let node: Node | null = document.contents
  for (const segment of path) {
    const next = step(node, segment, targets)
    if (!next) break
    offset = startOf(next.at) ?? offset
    node = next.value
  }
  return offset
}

/** The text of the value at a path as it stands there, where it is plain: without quotes and no block of text. */
export function plainAt(
  document: Document.Parsed,
  path: Path,
  targets: AliasTargets,
): string | undefined {
  let node: Node | null = document.contents
  for (const segment of path) node = step(node, segment, targets)?.value ?? null
  const value = isAlias(node) ? targets.get(node) : node
  return isScalar(value) && value.type === Scalar.PLAIN ? value.source : undefined
}

type Step = { readonly at: Node | null; readonly value: Node | null }

function step(from: Node | null, segment: string | number, targets: AliasTargets): Step | null {
  const node = isAlias(from) ? (targets.get(from) ?? null) : from
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && key.value === String(segment))
    return pair ? { at: pair.key as Node, value: pair.value as Node | null } : null
  }
  const item = isSeq(node) ? (node.items[Number(segment)] as Node | undefined) : undefined
  return item ? { at: item, value: item } : null
}

function startOf(node: Node | null): number | undefined {
  return node?.range?.[0]
}
