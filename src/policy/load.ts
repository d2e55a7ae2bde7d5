import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import process from 'node:process'
import { Ajv, type ValidateFunction } from 'ajv'
import { isScalar } from 'yaml'
import { isObject, type JsonObject } from '../core/json.ts'
import { DEFAULT_POLICY, type Policy } from '../core/policy.ts'
import { explainReadError } from '../files/explain-error.ts'
import type { YamlDocument } from '../yaml/parse-documents.ts'
import { readDocument, TEXT_LIMITS, YamlError } from '../yaml/read-yaml.ts'
import { checkValues } from './check-values.ts'
import { type Complaint, explainErrors } from './explain-errors.ts'
import type { PolicyDocument } from './policy-document.ts'
import { formatPath, type PolicyProblem } from './policy-problem.ts'
import { resolvePolicy } from './resolve.ts'
import { API_VERSION, KIND, POLICY_SCHEMA } from './schema.ts'

/** The text of a policy file, where it came from and its SHA-256 in hex. */
export type PolicyText = { readonly source: string; readonly text: string; readonly hash: string }

/** A policy in force, with the text it came from. */
export type LoadedPolicy = PolicyText & { readonly policy: Policy }

/** A policy file that is not used, and everything that is wrong with it. */
export type RejectedPolicy = {
  readonly source: string
  readonly problems: readonly PolicyProblem[]
}

// A ConfigMap holds at most 1 MiB; policies are a few KiB.
const MOST_BYTES = TEXT_LIMITS.length

// A file of another kind can have thousands; nobody reads on.
const MOST_PROBLEMS = 50

/** The text that stands for "no policy file": all defaults, with a hash like any other policy. */
export const DEFAULT_POLICY_TEXT = `apiVersion: ${API_VERSION}\nkind: ${KIND}\n`

// Compiled at the first use: commands that read no policy should not wait for it.
let compiled: ValidateFunction | undefined

/** The policy without a file; not read from its text, so that a start without a file waits for no parser and no schema. */
export function defaultPolicy(): LoadedPolicy {
  const text = DEFAULT_POLICY_TEXT
  return { source: 'the built-in policy', policy: DEFAULT_POLICY, text, hash: hashOf(text) }
}

/** Reads a policy from a text; `source` names it in messages. */
export function parsePolicy(text: string, source: string): LoadedPolicy | RejectedPolicy {
  try {
    const document = readDocument(text)
    const complaints = complaintsOf(document)
    if (complaints.length > 0) return { source, problems: locate(complaints, document) }
    const policy = resolvePolicy(document.value as PolicyDocument)
    return { source, policy, text, hash: hashOf(text) }
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    const { line, column, reason: message } = error
    return { source, problems: [{ line, column, path: '', message }] }
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function complaintsOf({ value, document }: YamlDocument): readonly Complaint[] {
  if (!isObject(value)) {
    const found = value === null ? 'the file is empty' : 'this is not a mapping'
    const message = `${found}; a policy that keeps all defaults is the two lines "apiVersion: ${API_VERSION}" and "kind: ${KIND}"`
    return [{ path: [], message }]
  }
  compiled ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true })
    .addVocabulary(['patternErrorMessage'])
    .compile(POLICY_SCHEMA)
  if (compiled(value)) return checkValues(value as PolicyDocument)
  const complaints = explainErrors(compiled.errors ?? [], value, path => {
    const node = document.getIn(path, true)
    return isScalar(node) ? node.source : undefined
  })
  return [...complaints, ...checkValues(soundPart(value, complaints))]
}

// Everything wrong should show at once, so what the schema has no complaint about is checked further: key by key, and
// rule by rule.
function soundPart(value: JsonObject, complaints: readonly Complaint[]): PolicyDocument {
  const broken = new Set(complaints.map(({ path: [key, rule] }) => (key === 'rules' ? rule : key)))
  const whole = (object: unknown) =>
    Object.fromEntries(Object.entries(object ?? {}).filter(([key]) => !broken.has(key)))
  return { ...whole(value), rules: whole(value.rules) } as unknown as PolicyDocument
}

function locate(complaints: readonly Complaint[], { lineOf }: YamlDocument): PolicyProblem[] {
  const problems = complaints
    .map(({ path, message }) => ({ ...lineOf(path), path: formatPath(path), message }))
    .sort((left, right) => left.line - right.line || left.column - right.column)
  const more = problems.splice(MOST_PROBLEMS)
  const [next] = more
  return next ? [...problems, { ...next, path: '', message: `and ${more.length} more` }] : problems
}

/** Reads a policy from a file; `-` is standard input. A file that cannot be read is a problem like any other. */
export async function loadPolicy(
  file: string,
  stdin?: AsyncIterable<Uint8Array | string>,
): Promise<LoadedPolicy | RejectedPolicy> {
  const read = await readPolicy(file, stdin)
  return 'problems' in read ? read : parsePolicy(read.text, read.source)
}

/** The same without a look at what the text says. */
export async function readPolicy(
  file: string,
  stdin: AsyncIterable<Uint8Array | string> = process.stdin,
): Promise<PolicyText | RejectedPolicy> {
  const source = file === '-' ? '<stdin>' : file
  try {
    const text = await readText(file === '-' ? stdin : createReadStream(file))
    return { source, text, hash: hashOf(text) }
  } catch (error) {
    return {
      source,
      problems: [{ line: 0, column: 0, path: '', message: explainReadError(error) }],
    }
  }
}

async function readText(stream: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array)
    size += bytes.length
    // Leaving the loop closes the stream: /dev/zero is no reason to run out of memory.
    if (size > MOST_BYTES) throw new Error(`is larger than ${MOST_BYTES / 1024} KiB`)
    chunks.push(bytes)
  }
  const bytes = Buffer.concat(chunks)
  if (!isUtf8(bytes)) throw new Error('is not UTF-8 text')
  // With its byte order mark the hash is the one that sha256sum prints for the file.
  return bytes.toString('utf8')
}
