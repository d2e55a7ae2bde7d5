import { basename } from 'node:path'
import { isObject, show } from '../core/json.ts'
import { checkLine, type Link, missing, type SealedRecord } from './chain.ts'
import { type Line, readLines } from './lines.ts'
import { firstInName, logName, rotatedName } from './log-files.ts'
import { isProgramLog } from './program-log.ts'
import type { LogProblem, LogSource, Verification, VerifyOptions } from './verification.ts'

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/
const MAX_WARNINGS = 20

/** Reads the files of one log, oldest first, and keeps what is found; its memory does not grow. */
export class LogVerifier {
  readonly #options: VerifyOptions
  readonly #files: { name: string; records: number }[] = []
  readonly #warnings: LogProblem[] = []
  #problem: LogProblem | null = null
  #next: Link | null = null
  #records = 0
  #first: number | null = null
  #from: string | null = null
  #until: string | null = null
  #recoveries = 0
  #passedOver = 0
  #headSeen = false
  #before = ''
  #recordsBefore = 0
  #file = ''
  #line = 0

  constructor(options: VerifyOptions) {
    this.#options = options
  }

  /** Reads one file; false once there is a problem. */
  async read(source: LogSource, newest: boolean): Promise<boolean> {
    this.#recordsBefore = this.#records
    this.#before = this.#file
    this.#file = source.name
    this.#line = 0
    reading: for await (const lines of readLines(source.read())) {
      for (const line of lines) {
        this.#line++
        this.#problem = line.ended ? this.#check(line.bytes) : this.#unended(line, newest)
        if (this.#problem) break reading
      }
      this.#options.progress?.(this.#records)
    }
    this.#files.push({ name: source.name, records: this.#records - this.#recordsBefore })
    return this.#problem === null
  }

  finish(): Verification {
    this.#problem ??= this.#missingAtEnd()
    return {
      files: this.#files,
      records: this.#records,
      first: this.#first,
      last: this.#next === null ? null : this.#next.sequence - 1,
      head: this.#next?.prev ?? null,
      from: this.#from,
      until: this.#until,
      problem: this.#problem,
      warnings: this.#warnings,
      passedOver: this.#passedOver,
      recoveries: this.#recoveries,
    }
  }

  #check(bytes: Buffer): LogProblem | null {
    const { problem, record, next } = checkLine(bytes, this.#next)
    if (problem?.kind === 'not-a-record' && isProgramLog(bytes)) {
      this.#passedOver++
      return null
    }
    const first = this.#records === this.#recordsBefore
    if (problem?.kind === 'sequence-gap' && first) return this.#missingFile(bytes)
    if (problem) return this.#at(problem.kind, problem.message)
    const wrong = this.#otherThanKnown(record) ?? this.#lateStart(record.sequence)
    if (wrong) return wrong
    this.#next = next
    this.#count(record)
    return null
  }

  #count({ sequence, hash, time, type, tornBytes, tornFile }: SealedRecord): void {
    this.#records++
    this.#first ??= sequence
    if (hash === this.#options.head) this.#headSeen = true
    if (typeof time === 'string' && TIME.test(time)) {
      if (this.#from === null || time < this.#from) this.#from = time
      if (this.#until === null || time > this.#until) this.#until = time
    }
    if (type !== 'recovery') return
    this.#recoveries++
    this.#warn(
      this.#at(
        'recovery',
        `record ${sequence} notes that a crash left ${show(tornBytes)} bytes without a record, kept in ${show(tornFile)}`,
      ),
    )
  }

  #unended({ bytes }: Line, newest: boolean): LogProblem {
    if (!newest) {
      return this.#at('bad-json', 'the file ends in the middle of a line, but newer files follow')
    }
    return this.#at(
      'torn-line',
      `the last ${bytes.length} bytes are not a whole line: the guard was stopped while it wrote them, or is writing ` +
        'now. No request was answered on them; the next start of the guard sets them aside',
    )
  }

  #missingFile(bytes: Buffer): LogProblem {
    const first = this.#next?.sequence ?? 1
    const last = (sequenceIn(bytes) ?? first) - 1
    const numbered = [this.#before, this.#file].some(name => firstInName(name) !== null)
    const name = numbered ? ` ${basename(rotatedName(logName(this.#file), first))}` : ''
    return this.#at(
      'missing-file',
      `${missing(first, last)} between ${this.#before} and ${this.#file}: the file${name} that begins with record ${first} was not given`,
    )
  }

  #lateStart(sequence: number): LogProblem | null {
    if (this.#next || sequence === 1) return null
    const message = `the log starts at record ${sequence}: earlier files were not given`
    const problem = this.#at('late-start', message)
    if (this.#options.complete) return problem
    this.#warn(problem)
    return null
  }

  #otherThanKnown({ sequence, hash }: SealedRecord): LogProblem | null {
    const { head, lastSequence } = this.#options
    if (head === undefined || sequence !== lastSequence || hash === head) return null
    return this.#at(
      'other-chain',
      `record ${sequence} has the hash ${hash}, but is known to have had ${head}: the log was written anew`,
    )
  }

  #missingAtEnd(): LogProblem | null {
    const { head, lastSequence } = this.#options
    if (this.#next === null) {
      const others = this.#passedOver > 0 ? ", only lines of the program's own log" : ''
      return this.#at('no-records', `there are no records${others}`)
    }
    const last = this.#next.sequence - 1
    if (lastSequence !== undefined && last < lastSequence) {
      return this.#at(
        'cut-tail',
        `the log ends at record ${last}, but record ${lastSequence} is known to exist: its end was cut off`,
      )
    }
    if (head === undefined || this.#headSeen) return null
    const earlier =
      this.#first === 1 ? '' : ', or the record is in an earlier file that was not given'
    return this.#at(
      'cut-tail',
      `no record has the known hash ${head}: the end was cut off or the log was written anew${earlier}`,
    )
  }

  #warn(problem: LogProblem): void {
    if (this.#warnings.length < MAX_WARNINGS) this.#warnings.push(problem)
  }

  #at(kind: LogProblem['kind'], message: string): LogProblem {
    return { file: this.#file, line: this.#line, kind, message }
  }
}

/** The number that a line claims to have; whatever else is wrong with it is not looked at. */
export function sequenceIn(line: Buffer): number | null {
  try {
    const record: unknown = JSON.parse(line.toString())
    return isObject(record) && Number.isSafeInteger(record.sequence)
      ? Number(record.sequence)
      : null
  } catch {
    return null
  }
}
