export type ScheduleOptions = {
  readonly work: () => void
  /** Milliseconds on any clock that does not go back. */
  readonly clock: () => number
}

// Long enough for a burst of events that arrived together, far too short for a person.
const SHORTEST_MS = 5
// With the longest survey measured a change is still known within a second.
const LONGEST_MS = 500
const REST_FACTOR = 9

/** Coalesces changes: work is done soon after the first, and takes a tenth of the time at most while they keep coming. */
export class SurveySchedule {
  readonly #options: ScheduleOptions
  #timer: NodeJS.Timeout | null = null
  #restUntil = 0

  constructor(options: ScheduleOptions) {
    this.#options = options
  }

  request(): void {
    if (this.#timer !== null) return
    const rest = this.#restUntil - this.#options.clock()
    const wait = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, rest))
    this.#timer = setTimeout(() => this.run(), wait)
  }

  /** Does the work at once, whatever was asked for included. */
  run(): void {
    this.cancel()
    const { work, clock } = this.#options
    const start = clock()
    work()
    const end = clock()
    this.#restUntil = end + (end - start) * REST_FACTOR
  }

  cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}
