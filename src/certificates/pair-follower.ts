import { join } from 'node:path'
import { type Expiry, expiryOf } from './expiry.ts'
import { readPairFiles } from './pair-files.ts'
import { checkPair, type PairProblem, type ServingPair } from './serving-certificate.ts'

/** Who is told what about the pair of a directory. */
export type FollowOptions = {
  readonly dir: string
  /** Gets every new good pair; what it throws is reported as a problem. */
  readonly onPair: (pair: ServingPair) => void
  /** Gets the reason, once per content of the files, why the last good pair is kept. */
  readonly onProblem: (problem: PairProblem) => void
  /** Gets a sentence when the served certificate comes near its end, and when it is past it. */
  readonly onWarning?: (warning: string) => void
  /** The pair that is served already; without it the first good one goes to `onPair` at once. */
  readonly current?: ServingPair
  readonly now?: () => Date
}

/** Compares the files of a directory with the pair that is served, whenever it is asked to look. */
export class PairFollower {
  current: ServingPair | undefined
  problem: PairProblem | undefined
  #reported: string | undefined
  #expiry: Expiry['state'] = 'valid'
  readonly #options: FollowOptions
  readonly #now: () => Date

  constructor(options: FollowOptions) {
    this.#options = options
    this.#now = options.now ?? (() => new Date())
    if (options.current) this.#serve(options.current)
  }

  look(): void {
    const files = readPairFiles(this.#options.dir)
    this.problem = files.digest === this.current?.digest ? undefined : this.#take(files)
    this.#report(files.digest)
    this.#warn()
  }

  // A refused pair is tried again at every look: one that is not valid yet will be.
  #take(files: ReturnType<typeof readPairFiles>): PairProblem | undefined {
    const now = this.#now()
    const { pair, problem } = checkPair(files, { now })
    if (pair === null) return problem
    const worse = this.#whyWorse(pair, now)
    if (worse !== undefined) return worse
    try {
      this.#options.onPair(pair)
    } catch (error) {
      return { file: files.dir, message: `${files.dir}: ${(error as Error).message}` }
    }
    this.#serve(pair)
    return undefined
  }

  // Someone restored a backup, say: what clients accept now is better than what they would refuse.
  #whyWorse(pair: ServingPair, now: Date): PairProblem | undefined {
    if (!this.current || expiryOf(this.current, now).state === 'expired') return undefined
    const { state, warning } = expiryOf(pair, now)
    if (state !== 'expired' && state !== 'not-yet-valid') return undefined
    return { file: this.#file, message: `${this.#file}: ${warning}; the one before stays` }
  }

  #serve(pair: ServingPair): void {
    this.current = pair
    this.#expiry = expiryOf(pair, this.#now()).state
  }

  #report(digest: string): void {
    if (this.problem && digest !== this.#reported) this.#options.onProblem(this.problem)
    this.#reported = digest
  }

  #warn(): void {
    if (!this.current) return
    const { state, warning } = expiryOf(this.current, this.#now())
    if (state === this.#expiry) return
    this.#expiry = state
    if (warning !== undefined) this.#options.onWarning?.(`${this.#file}: ${warning}`)
  }

  get #file(): string {
    return join(this.#options.dir, 'tls.crt')
  }
}
