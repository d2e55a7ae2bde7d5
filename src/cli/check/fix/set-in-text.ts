import { isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from 'yaml'
import type { Path } from '../../../yaml/locate.ts'
import type { YamlDocument } from '../../../yaml/parse-documents.ts'
import { columnOf, createWriter, type Value, type Writer } from './yaml-writer.ts'

/** A piece of text to put in the place of another. */
export type Splice = { readonly from: number; readonly to: number; readonly text: string }

/**
 * The text with one value set in one of its documents and every other byte as it was: comments, order, quotes and
 * indentation stay. null where the document is written in a way that this does not follow.
 */
export function setInText(
  text: string,
  { document }: YamlDocument,
  path: Path,
  value: Value,
): string | null {
  // Positions in a document count from after a byte order mark.
  const start = text.startsWith('\ufeff') ? 1 : 0
  const body = text.slice(start)
  const splice = findSplice(body, document.contents, path, value)
  if (splice === null) return null
  return text.slice(0, start) + body.slice(0, splice.from) + splice.text + body.slice(splice.to)
}

function findSplice(body: string, root: Node | null, path: Path, value: Value): Splice | null {
  const writer = createWriter(body, root)
  let node = root
  let owner: { readonly map: YAMLMap; readonly pair: Pair } | null = null
  for (const [depth, key] of path.entries()) {
    const missing = path.slice(depth).map(String)
    if (isMap(node)) {
      const map: YAMLMap = node
      const pair = map.items.find(item => isScalar(item.key) && item.key.value === key)
      if (!pair) return addTo(map, missing, value, body, writer)
      owner = { map, pair }
      node = pair.value as Node | null
    } else if (isSeq(node)) node = (node.items[Number(key)] as Node | undefined) ?? null
    else if (owner && isNull(node)) return nestIn(owner.map, node, missing, value, body, writer)
    else return null
  }
  return replace(node, value, body, writer)
}

function isNull(node: Node | null): node is Scalar {
  return isScalar(node) && node.value === null
}

function replace(node: Node | null, value: Value, body: string, writer: Writer): Splice | null {
  if (!isScalar(node) || !node.range) return null
  if (node.type === Scalar.BLOCK_FOLDED || node.type === Scalar.BLOCK_LITERAL) return null
  const [from, to] = node.range
  // After "key:" without a value there may be no blank yet.
  const blank = from === to && body[from - 1] === ':' ? ' ' : ''
  return { from, to, text: `${blank}${writer.scalar(value)}` }
}

function addTo(
  map: YAMLMap,
  keys: readonly string[],
  value: Value,
  body: string,
  writer: Writer,
): Splice | null {
  const [from, end] = map.range ?? [0, 0]
  const first = startOf(map.items[0]?.key)
  if (map.flow && first === undefined)
    return { from: from + 1, to: end - 1, text: writer.inBraces(keys, value) }
  if (first === undefined) return null
  if (!map.flow)
    return afterLine(endOf(map), writer.lines(keys, value, columnOf(body, first)), body)
  // One entry a line stays one entry a line.
  const lead = body.slice(from + 1, first)
  const blank = lead.includes('\n') ? lead.slice(lead.lastIndexOf('\n')) : ' '
  const { key, value: inner } = map.items.at(-1) as Pair
  const last = endOf((inner ?? key) as Node)
  return { from: last, to: last, text: `,${blank}${writer.entry(keys, value)}` }
}

// "key:" and "key: null" become a mapping.
function nestIn(
  owner: YAMLMap,
  node: Scalar,
  keys: readonly string[],
  value: Value,
  body: string,
  writer: Writer,
): Splice | null {
  const [start, end] = node.range ?? [0, 0]
  if (owner.flow) return { from: start, to: end, text: `{${writer.inBraces(keys, value)}}` }
  const first = startOf(owner.items[0]?.key)
  if (first === undefined) return null
  const from = body.lastIndexOf(':', start) + 1
  const { from: to, text } = afterLine(
    end,
    writer.lines(keys, value, columnOf(body, first) + writer.step),
    body,
  )
  return { from, to, text: `${body.slice(end, to)}${text}` }
}

function afterLine(offset: number, lines: readonly string[], body: string): Splice {
  const newline = body[offset - 1] === '\n' ? offset - 1 : body.indexOf('\n', offset)
  const end = newline < 0 ? body.length : newline
  const at = body[end - 1] === '\r' ? end - 1 : end
  const eol = body.includes('\r\n') ? '\r\n' : '\n'
  return { from: at, to: at, text: lines.map(line => `${eol}${line}`).join('') }
}

// A collection in block style ends with its last leaf; comments that follow belong to whoever comes next.
function endOf(node: Node | null | undefined): number {
  const last = isMap(node) ? node.items.at(-1) : undefined
  if (isMap(node) && !node.flow && last) return endOf((last.value ?? last.key) as Node)
  if (isSeq(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1) as Node)
  return node?.range?.[1] ?? 0
}

function startOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0]
}
