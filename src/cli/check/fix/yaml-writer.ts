import { isMap, isScalar, type Node, Scalar } from 'yaml'

export type Value = string | number | boolean

/** Writes keys and values in the manner of the document around them. */
export type Writer = {
  /** How far a mapping is indented inside another. */
  readonly step: number
  readonly scalar: (value: Value) => string
  /** `key: value`, with the keys between as mappings in braces. */
  readonly entry: (keys: readonly string[], value: Value) => string
  /** An entry with what stands between braces and their content. */
  readonly inBraces: (keys: readonly string[], value: Value) => string
  /** One line for each key, the first one indented as told. */
  readonly lines: (keys: readonly string[], value: Value, indent: number) => readonly string[]
}

// Text that is read as the same text in YAML 1.1 and 1.2 without quotes.
const PLAIN = /^(?:0|[1-9]\d*)[KMGTPE]i$/

/** A writer for a document: JSON gets quotes, YAML gets the indentation that it has already. */
export function createWriter(body: string, root: Node | null): Writer {
  const json = isMap(root) && isScalar(root.items[0]?.key) && isQuoted(root.items[0].key)
  const step = stepOf(body, root)
  const key = (name: string) => (json ? JSON.stringify(name) : name)
  const scalar = (value: Value) =>
    typeof value !== 'string' || (PLAIN.test(value) && !json)
      ? String(value)
      : JSON.stringify(value)
  const inBraces: Writer['inBraces'] = (keys, value) => ` ${entry(keys, value)} `
  const entry: Writer['entry'] = ([first = '', ...rest], value) =>
    `${key(first)}: ${rest.length === 0 ? scalar(value) : `{${inBraces(rest, value)}}`}`
  const lines: Writer['lines'] = (keys, value, indent) =>
    keys.map((name, depth) => {
      const blank = ' '.repeat(indent + depth * step)
      return `${blank}${key(name)}:${depth === keys.length - 1 ? ` ${scalar(value)}` : ''}`
    })
  return { step, scalar, entry, inBraces, lines }
}

function isQuoted({ type }: Scalar): boolean {
  return type === Scalar.QUOTE_DOUBLE
}

// As the first mapping inside the outermost one is indented; two blanks where there is none.
function stepOf(body: string, root: Node | null): number {
  for (const { key, value } of isMap(root) ? root.items : []) {
    const inner = isMap(value) && !value.flow ? value.items[0]?.key : undefined
    const from = (key as Node).range?.[0]
    const to = (inner as Node | undefined)?.range?.[0]
    if (from !== undefined && to !== undefined) return columnOf(body, to) - columnOf(body, from)
  }
  return 2
}

/** How far an offset is from the beginning of its line. */
export function columnOf(body: string, offset: number): number {
  return offset - (body.lastIndexOf('\n', offset - 1) + 1)
}
