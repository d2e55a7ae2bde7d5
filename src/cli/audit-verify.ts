import { fileSource, findLogFiles, holdsRecords, LogInputError } from '../audit/log-sources.ts'
import type { LogProblem, LogSource, Verification, VerifyOptions } from '../audit/verification.ts'
import { verifyLog } from '../audit/verify.ts'
import { printable } from '../core/json.ts'
import { explainReadError, isSystemError } from '../files/explain-error.ts'

/** Options of `audit verify`, as they stand on the command line. */
export type AuditVerifyOptions = {
  readonly output?: string
  readonly complete?: boolean
  /** A record that is known to exist: its hash, or number and hash as in the annotation `record`. */
  readonly head?: string
  readonly lastSequence?: string | number
}

/** Where the command reads from and writes to. */
export type AuditVerifyIo = {
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean | undefined }
}

/** Verifies the files of one log; the exit code is 0 verified, 1 broken. Throws an `InputError` for what cannot be read. */
export async function runAuditVerify(
  files: readonly string[],
  options: AuditVerifyOptions,
  io: AuditVerifyIo,
): Promise<0 | 1> {
  try {
    const output = options.output ?? 'text'
    if (output !== 'text' && output !== 'json') {
      throw new LogInputError(`--output "${output}": one of text, json is needed`)
    }
    const known = knownRecord(options)
    const sources = await sourcesOf(files, io.stdin)
    const result = await verifyLog(sources, { ...known, ...progressOn(io.stderr) })
    // Standard input can be read only once.
    if (!files.includes('-')) await refuseOther(sources, result)
    io.stdout.write(output === 'json' ? asJson(result) : asText(result))
    return result.problem ? 1 : 0
  } catch (error) {
    if (!isSystemError(error)) throw error
    const { path = 'standard input' } = error
    throw new LogInputError(`${path}: ${explainReadError(error)}`, { cause: error })
  }
}

// A head may be given as the API server's audit log has it: number and hash.
const HEAD = /^(?:([1-9]\d{0,15}):)?([0-9a-f]{64})$/i

function knownRecord({ complete, head, lastSequence }: AuditVerifyOptions): VerifyOptions {
  const [, number, hash] = HEAD.exec(head ?? '') ?? []
  if (head !== undefined && hash === undefined) {
    throw new LogInputError(`--head "${head}": a SHA-256 or NUMBER:SHA-256 is needed`)
  }
  if (lastSequence !== undefined && !/^[1-9]\d{0,15}$/.test(String(lastSequence))) {
    throw new LogInputError(`--last-sequence "${lastSequence}": the number of a record is needed`)
  }
  const last = lastSequence ?? number
  return {
    ...(complete && { complete }),
    ...(hash !== undefined && { head: hash.toLowerCase() }),
    ...(last !== undefined && { lastSequence: Number(last) }),
  }
}

async function sourcesOf(
  files: readonly string[],
  stdin: AsyncIterable<Uint8Array>,
): Promise<LogSource[]> {
  if (files.length === 0)
    throw new LogInputError('name a log, its directory, or - for standard input')
  if (!files.includes('-')) return (await findLogFiles(files)).map(fileSource)
  if (files.length > 1)
    throw new LogInputError('- stands for the whole log: name no other file with it')
  return [{ name: 'standard input', read: () => stdin }]
}

// A verdict on lines that never were records would help nobody.
async function refuseOther(
  sources: readonly LogSource[],
  { problem, records }: Verification,
): Promise<void> {
  if (records > 0 || (problem?.kind !== 'bad-json' && problem?.kind !== 'not-a-record')) return
  for (const source of sources) if (await holdsRecords(source)) return
  throw new LogInputError(`${problem.file} is not an audit log: no line of it is a record`)
}

function progressOn(stderr: AuditVerifyIo['stderr']): VerifyOptions {
  if (!stderr.isTTY) return {}
  let due = Date.now() + 500
  return {
    progress(records) {
      if (Date.now() < due) return
      due = Date.now() + 500
      stderr.write(`\r${records} records verified\r`)
    },
  }
}

function asJson(result: Verification): string {
  return `${JSON.stringify({ verified: result.problem === null, ...result }, null, 2)}\n`
}

function asText(result: Verification): string {
  const { files, problem, warnings } = result
  const lines = warnings.map(warning => `warning: ${located(warning)}`)
  if (problem) lines.push(located(problem), `broken: ${intact(result)}`)
  else {
    lines.push(
      `verified: ${span(result)} in ${files.length === 1 ? 'one file' : `${files.length} files`}`,
    )
    lines.push(`head: record ${result.last}, hash ${result.head}`)
  }
  return `${lines.join('\n')}\n`
}

function located({ file, line, message }: LogProblem): string {
  return `${printable(file, 300)}${line > 0 ? `:${line}` : ''}: ${message}`
}

function intact(result: Verification): string {
  if (result.records === 0) return 'nothing before this is intact'
  return `up to here the chain is intact: ${span(result)}; nothing after it is proven`
}

function span({ records, first, last, from, until }: Verification): string {
  const numbers = records === 1 ? `record ${first}` : `records ${first} to ${last}`
  return from === null ? numbers : `${numbers}, ${from} to ${until}`
}
