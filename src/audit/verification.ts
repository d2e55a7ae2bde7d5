import type { LineProblem } from './chain.ts'

/** Something that holds lines of a log. */
export type LogSource = { readonly name: string; read(): AsyncIterable<Uint8Array> }

/** What is known about a log from elsewhere, and how much of it must be there. */
export type VerifyOptions = {
  /** The files must begin with record 1. */
  readonly complete?: boolean
  /** Hash of a record that is known to exist. */
  readonly head?: string
  /** Number of a record that is known to exist; together with `head`, the record of that hash. */
  readonly lastSequence?: number
  /** Called after each chunk with the records verified so far. */
  readonly progress?: (records: number) => void
}

/** What is wrong with a log, and where. */
export type LogProblem = {
  readonly file: string
  readonly line: number
  readonly kind:
    | LineProblem['kind']
    | 'missing-file'
    | 'torn-line'
    | 'late-start'
    | 'no-records'
    | 'cut-tail'
    | 'other-chain'
    | 'recovery'
  readonly message: string
}

/** The outcome for the files of one log; without a problem every byte of them is accounted for. */
export type Verification = {
  readonly files: readonly { readonly name: string; readonly records: number }[]
  /** Records that are intact: all, or those before the problem. */
  readonly records: number
  readonly first: number | null
  readonly last: number | null
  /** Hash of the last intact record. */
  readonly head: string | null
  /** Earliest and latest `time` of the intact records. */
  readonly from: string | null
  readonly until: string | null
  readonly problem: LogProblem | null
  readonly warnings: readonly LogProblem[]
  /** Lines of the program's own log, which are no part of the chain. */
  readonly passedOver: number
  /** Records that note bytes which a crash left behind. */
  readonly recoveries: number
}
