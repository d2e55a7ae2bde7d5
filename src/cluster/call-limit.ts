/** A connection on which nothing comes any more. */
export class SilenceError extends Error {
  readonly code = 'SILENCE'
}

/**
 * Ends a call when its caller has had enough or when nothing has come for too long.
 *
 * One signal of its own for each call: listeners on a signal that lives as long as the program would pile up.
 */
export class CallLimit {
  readonly #own = new AbortController()
  readonly #outer: AbortSignal
  readonly #abort = () => this.#own.abort(this.#outer.reason)

  #timer: NodeJS.Timeout | undefined

  constructor(outer: AbortSignal, silenceMs: number) {
    this.#outer = outer
    this.allow(silenceMs)
    if (outer.aborted) this.#abort()
    else outer.addEventListener('abort', this.#abort, { once: true })
  }

  get signal(): AbortSignal {
    return this.#own.signal
  }

  /** From now on nothing may come for so long. */
  allow(silenceMs: number): void {
    clearTimeout(this.#timer)
    const silence = `nothing came from the API server for ${silenceMs / 1000} s`
    this.#timer = setTimeout(() => this.#own.abort(new SilenceError(silence)), silenceMs)
  }

  /** Starts the silence anew. */
  heard(): void {
    this.#timer?.refresh()
  }

  /** The reason of the abort where there was one: what a torn connection reports says nothing of it. */
  reasonFor(error: unknown): unknown {
    return this.#own.signal.aborted ? this.#own.signal.reason : error
  }

  /** Waits no longer than the limit lets it. */
  async race<T>(work: Promise<T>): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>()
    const abort = () => reject(this.signal.reason)
    if (this.signal.aborted) abort()
    this.signal.addEventListener('abort', abort, { once: true })
    try {
      return await Promise.race([work, promise])
    } finally {
      this.signal.removeEventListener('abort', abort)
    }
  }

  /** The call is over: no timer and no listener stays. */
  release(): void {
    clearTimeout(this.#timer)
    this.#outer.removeEventListener('abort', this.#abort)
  }
}
