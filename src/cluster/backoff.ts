export type BackoffOptions = {
  readonly baseMs: number
  readonly maxMs: number
  /** From 0 up to 1. */
  readonly random: () => number
}

/** Waiting times that double with every failure, each cut by up to a half so that replicas do not come back in step. */
export class Backoff {
  readonly #options: BackoffOptions
  #failures = 0

  constructor(options: BackoffOptions) {
    this.#options = options
  }

  /** Failures since the last reset. */
  get failures(): number {
    return this.#failures
  }

  next(): number {
    const { baseMs, maxMs, random } = this.#options
    const whole = Math.min(maxMs, baseMs * 2 ** this.#failures)
    this.#failures++
    return whole * (0.5 + random() / 2)
  }

  reset(): void {
    this.#failures = 0
  }
}

/** A wait that can be ended early. */
export class Pause {
  #end: (() => void) | null = null

  async wait(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#end = resolve
    await promise
    clearTimeout(timer)
    this.#end = null
  }

  end(): void {
    this.#end?.()
  }
}
