import type { ErrorObject } from 'ajv'
import { didYouMean } from '../core/did-you-mean.ts'
import { isObject, own, show } from '../core/json.ts'
import { parsePointer } from '../core/json-patch/json-pointer.ts'
import { POLICY_SCHEMA } from './schema.ts'

/** What is wrong at a path, before it is known on which line that stands. */
export type Complaint = {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The text of a value as it stands in the file: `1.20` where its value is 1.2. */
export type SourceOf = (path: readonly (string | number)[]) => string | undefined

/** Ajv's errors (from `allErrors` and `verbose`) in sentences that say what to write. */
export function explainErrors(
  errors: readonly ErrorObject[],
  document: unknown,
  sourceOf: SourceOf,
): readonly Complaint[] {
  // A file of another kind has nothing to say about our keys: one sentence instead of thirty.
  const foreign = errors.filter(error => error.keyword === 'const')
  return (foreign.length > 0 ? foreign : withoutOtherBranches(errors)).map(error =>
    explain(error, segmentsOf(error.instancePath, document), sourceOf),
  )
}

// `anyOf` reports both branches of a rule's entry. The one that was meant shows from the value: a mapping or not.
function withoutOtherBranches(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const other = errors
    .filter(error => error.keyword === 'anyOf')
    .map(error => `${error.schemaPath}/${isObject(error.data) ? 0 : 1}/`)
  return errors.filter(
    error =>
      error.keyword !== 'anyOf' && !other.some(prefix => error.schemaPath.startsWith(prefix)),
  )
}

function explain(error: ErrorObject, path: Complaint['path'], sourceOf: SourceOf): Complaint {
  const { keyword, params, data } = error
  if (keyword === 'additionalProperties') {
    const key = String(params.additionalProperty)
    return { path: [...path, key], message: explainUnknown(key, error.parentSchema) }
  }
  if (data === null) return { path, message: 'has no value; give it one or remove the line' }
  return { path, message: explainValue(error, sourceOf(path) ?? show(data)) }
}

function explainUnknown(key: string, schema: unknown): string {
  const known = keysOf(schema)
  const meant = didYouMean(key, known)
  if (meant !== undefined) return `unknown key; did you mean "${meant}"?`
  const sections = own(POLICY_SCHEMA, 'properties')
  const home = keysOf(POLICY_SCHEMA).find(name => keysOf(own(sections, name)).includes(key))
  if (home !== undefined) return `unknown key here; it belongs under "${home}"`
  return `unknown key; known here: ${known.join(', ')}`
}

function keysOf(schema: unknown): string[] {
  return Object.keys(own(schema, 'properties') ?? {})
}

function explainValue(
  { keyword, params, data, parentSchema }: ErrorObject,
  source: string,
): string {
  switch (keyword) {
    case 'const':
      return `must be "${params.allowedValue}", not ${show(data)}; is this a migration guard policy?`
    case 'required': {
      const name = String(params.missingProperty)
      const value = own(own(own(parentSchema, 'properties'), name), 'const')
      return `"${name}" is missing; write "${name}: ${value}" at the top`
    }
    case 'enum':
      return explainChoice(data, params.allowedValues, own(parentSchema, 'title'))
    case 'type':
      return explainType(data, [params.type].flat(), source, parentSchema)
    case 'pattern':
      return `${show(data)} ${own(parentSchema, 'patternErrorMessage')}`
    case 'minimum':
      return `must be at least ${params.limit}, not ${show(data)}`
    case 'maximum':
      return `must be at most ${params.limit}, not ${show(data)}`
    case 'maxLength':
      return `must not be longer than ${params.limit} characters`
    case 'uniqueItems':
      return `${show((data as readonly unknown[])[params.i])} stands twice in the list`
    default:
      return `does not fit the schema (${keyword})`
  }
}

function explainChoice(data: unknown, values: readonly string[], title: unknown): string {
  const list =
    values.length === 1 ? values[0] : `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`
  const article = /^[aeiou]/.test(String(title)) ? 'an' : 'a'
  const meant = typeof data === 'string' ? didYouMean(data, values) : undefined
  const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
  return `${show(data)} is not ${article} ${title} (${list})${hint}`
}

const TYPES: Readonly<Record<string, string>> = {
  object: 'a mapping ("key: value" lines)',
  array: 'a list ("- item" lines)',
  string: 'text',
  integer: 'a whole number',
}

function explainType(
  data: unknown,
  types: readonly string[],
  source: string,
  schema: unknown,
): string {
  const wanted = types.map(type => TYPES[type] ?? type).join(' or ')
  const pattern = own(schema, 'pattern')
  // Quotes alone would not help `maxDuration: 720`.
  if (typeof data === 'number' && typeof pattern === 'string' && !new RegExp(pattern).test(source))
    return `${source} ${own(schema, 'patternErrorMessage')}`
  if (types.includes('string') && (typeof data === 'number' || typeof data === 'boolean'))
    return `must be text: write it in quotes, "${source}"`
  if (types.includes('integer') && typeof data === 'string' && /^\d{1,20}$/.test(data))
    return `must be a whole number: remove the quotes around ${data}`
  const found = isObject(data) ? 'a mapping' : Array.isArray(data) ? 'a list' : show(data)
  return `must be ${wanted}, not ${found}`
}

// Ajv gives a JSON Pointer, in which a list index looks like a key.
function segmentsOf(pointer: string, document: unknown): (string | number)[] {
  let value = document
  return parsePointer(pointer).map(key => {
    const segment = Array.isArray(value) ? Number(key) : key
    value = Array.isArray(value) ? value[Number(key)] : own(value, key)
    return segment
  })
}
