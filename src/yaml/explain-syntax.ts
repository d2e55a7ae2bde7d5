import type { YAMLError } from 'yaml'
import { printable } from '../core/json.ts'
import type { YamlErrorCode } from './yaml-error.ts'

/** What is said of a key that is no text. */
export const KEY_REASON = 'a key must be plain text, not a list, a mapping or an alias'

type Explanation = readonly [code: YamlErrorCode, reason: string]

// The library speaks in the terms of the YAML specification ("implicit keys", "flow collections"). These are the
// mistakes that people make, in words that say what to look for. First match wins.
const WORDS: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [/^Tabs are not allowed/, 'a tab stands where only spaces may indent'],
  [
    /^All mapping items must start/,
    'this line is not indented like the other keys of its mapping, or the line before is not closed',
  ],
  [/^All sequence items must start/, 'this line is not indented like the other items of its list'],
  [
    /^Nested mappings are not allowed in compact/,
    'another "key: value" is part of this value; is a line indented too far, or does text with ": " need quotes?',
  ],
  [/^Implicit (map )?keys need to be/, 'this is not "key: value"; is a ":" missing?'],
  [/^Missing closing ["']quote/, 'a quoted text that ends here is not closed'],
  [/must end with a }|and end with a }/, 'a "{" before this is not closed with "}"'],
  [/must end with a ]|and end with a ]/, 'a "[" before this is not closed with "]"'],
  [
    /^Unexpected flow-(?:seq|map)-end token/,
    'a closing bracket stands here that nothing has opened',
  ],
  [
    /^Unexpected scalar at node end/,
    'this does not belong to the value before it; is it indented wrongly, or are quotes missing?',
  ],
  [
    /^Unexpected block-seq-ind on same line/,
    'a list begins on the line of its key; put it on the next line',
  ],
  [/^A block sequence may not be used/, 'a list stands where "key: value" belongs'],
  [/^Plain value cannot start with (.*)$/, 'text that begins with $1 needs quotes'],
  [
    /^Invalid escape sequence (.*)$/,
    '$1 is not an escape inside "…"; use \'…\' or double the backslash',
  ],
  [/^Missing , (or : )?between flow/, 'a "," is missing between two items'],
  [/^Unexpected , in flow/, 'a "," too many'],
  [/must be at most 1024 chars/, 'a key is longer than 1024 characters'],
  [/^Comments must be separated/, 'a space is missing before "#"'],
  [/^Block scalars with more-indented/, 'the first lines of this text are indented unevenly'],
]

/** A parser's complaint as a code of ours and words of everyday. */
export function explainSyntax({ code, message }: Pick<YAMLError, 'code' | 'message'>): Explanation {
  const [ours, reason] = classify(code, message)
  // The library quotes the text it stumbled over, whatever its length.
  return [ours, printable(reason, 200)]
}

function classify(code: YAMLError['code'], message: string): Explanation {
  if (code === 'TAG_RESOLVE_FAILED' || code === 'BAD_COLLECTION_TYPE')
    return ['tag', tagReason(message)]
  if (code === 'NON_STRING_KEY') return ['key', KEY_REASON]
  if (code === 'BAD_DIRECTIVE') return ['directive', `${lower(message)}; remove the line`]
  if (code === 'BAD_ALIAS') return ['alias', lower(message)]
  for (const [pattern, reason] of WORDS) {
    const match = pattern.exec(message)
    if (match) return ['syntax', reason.replace('$1', () => match[1] ?? '')]
  }
  return ['syntax', lower(message)]
}

function tagReason(message: string): string {
  const name = /^Unresolved tag: (.*)$/s.exec(message)?.[1]?.replace('tag:yaml.org,2002:', '!!')
  return name === undefined ? lower(message) : `the tag ${name} is not supported here; remove it`
}

function lower(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}
