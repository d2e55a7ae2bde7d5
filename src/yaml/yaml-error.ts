/** Why a text was refused; stable, for callers that tell cases apart. */
export type YamlErrorCode =
  | 'alias'
  | 'control-character'
  | 'directive'
  | 'duplicate-key'
  | 'key'
  | 'number'
  | 'several-documents'
  | 'syntax'
  | 'tag'
  | 'too-deep'
  | 'too-large'

/** Where something stands: both count from 1, columns in UTF-16 units as editors and SARIF count them. */
export type Position = { readonly line: number; readonly column: number }

/** A YAML text that is broken or goes beyond what is read; `reason` is the message without the position. */
export class YamlError extends Error {
  readonly code: YamlErrorCode
  readonly reason: string
  readonly line: number
  readonly column: number

  constructor(code: YamlErrorCode, reason: string, { line, column }: Position) {
    super(`${reason} (line ${line}, column ${column})`)
    this.name = 'YamlError'
    this.code = code
    this.reason = reason
    this.line = line
    this.column = column
  }
}
