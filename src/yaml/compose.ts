import { Composer, type Document, type ErrorCode, Lexer, LineCounter, Parser } from 'yaml'
import { explainSyntax } from './explain-syntax.ts'
import { type Position, YamlError, type YamlErrorCode } from './yaml-error.ts'

/** How much a text may demand. Beyond it, reading stops with an error that says so. */
export type YamlLimits = {
  /** UTF-16 units; aliases together may stand for as much again. */
  readonly length: number
  /** Lists and mappings inside one another. */
  readonly depth: number
  /** Words, marks, blanks and line ends; one costs up to 15 µs, so this bounds the time. */
  readonly tokens: number
  /** Aliases (`*name`) in one document. */
  readonly aliases: number
}

/** A text taken apart: its documents up to the first limit, and where an offset stands. */
export type Composition = {
  readonly documents: readonly Document.Parsed[]
  /** Why reading stopped before the end. */
  readonly stopped: YamlError | null
  readonly positionOf: (offset: number) => Position
}

// Everything is spelled out: a "%YAML 1.1" line would otherwise switch to a schema in which `off` is false and `<<` merges.
// Duplicate keys are found in to-value.ts, because the library compares each key with all before it.
const OPTIONS = {
  version: '1.2',
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  stringKeys: true,
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const

// Never allowed raw (YAML 1.2.2 §5.1), and the library's lexer uses three of them as marks of its own.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/

/** Splits a text into YAML documents; one without content is one empty document. Never recurses deeper than `limits.depth`. */
export function compose(raw: string, limits: YamlLimits): Composition {
  const text = raw.startsWith('\ufeff') ? raw.slice(1) : raw
  const positionOf = positionsIn(text)
  const documents: Document.Parsed[] = []
  const limit = textLimit(text, limits) ?? takeApart(text, limits, documents)
  const stopped = limit && new YamlError(limit.code, limit.reason, positionOf(limit.offset))
  return { documents, stopped, positionOf }
}

type Stop = { readonly code: YamlErrorCode; readonly reason: string; readonly offset: number }

function textLimit(text: string, { length }: YamlLimits): Stop | null {
  if (text.length > length)
    return {
      code: 'too-large',
      reason: `the text is longer than ${length} characters`,
      offset: length,
    }
  const offset = text.search(CONTROL)
  if (offset < 0) return null
  const reason = 'a control character stands here; write it as an escape'
  return { code: 'control-character', reason, offset }
}

function takeApart(text: string, limits: YamlLimits, documents: Document.Parsed[]): Stop | null {
  const parser = new Parser()
  const composer = new Composer(OPTIONS)
  let tokens = 0
  for (const token of new Lexer().lex(text)) {
    for (const item of parser.next(token)) documents.push(...composer.next(item))
    tokens += 1
    // The stack holds the document, the open collections and one scalar. Looking here, before anything recursive
    // sees the tree, keeps 100,000 nested "[" from overflowing the call stack.
    const tooDeep = parser.stack.length > limits.depth + 2
    if (!tooDeep && tokens <= limits.tokens) continue
    documents.push(...composer.end())
    const { offset } = parser
    if (!tooDeep)
      return {
        code: 'too-large',
        reason: `the text has more than ${limits.tokens} words and marks`,
        offset,
      }
    const reason = `lists and mappings are nested more than ${limits.depth} deep`
    return { code: 'too-deep', reason, offset }
  }
  for (const item of parser.end()) documents.push(...composer.next(item))
  documents.push(...composer.end(true, text.length))
  return null
}

/** The first thing wrong with a document; what the library only warns of (unknown tags, odd aliases) is refused too. */
export function faultOf(
  document: Document.Parsed,
  positionOf: (offset: number) => Position,
): YamlError | null {
  const [first] = [...document.errors, ...document.warnings].sort((a, b) => a.pos[0] - b.pos[0])
  if (first) {
    const [code, reason] = explainSyntax(first as { code: ErrorCode; message: string })
    return new YamlError(code, reason, positionOf(first.pos[0]))
  }
  if (document.directives.yaml.version === '1.2') return null
  const reason = '%YAML 1.1 is not read, only YAML 1.2; remove the line'
  return new YamlError('directive', reason, positionOf(document.range[0]))
}

function positionsIn(text: string): (offset: number) => Position {
  const lines = new LineCounter()
  let start = 0
  do {
    lines.addNewLine(start)
    start = text.indexOf('\n', start) + 1
  } while (start > 0)
  return offset => {
    const { line, col } = lines.linePos(Math.min(Math.max(offset, 0), text.length))
    return { line, column: col }
  }
}
