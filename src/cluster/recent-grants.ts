// A grant takes some hundred bytes; whoever can fill this may approve anyway.
const MOST = 1000

/** Rights that were granted seconds ago: one edit is judged more than once. Refusals are never kept. */
export class RecentGrants {
  readonly #lifeMs: number
  readonly #now: () => number
  readonly #until = new Map<string, number>()

  constructor(lifeMs: number, now: () => number) {
    this.#lifeMs = lifeMs
    this.#now = now
  }

  has(key: string): boolean {
    return (this.#until.get(key) ?? 0) > this.#now()
  }

  add(key: string): void {
    // The oldest comes first: entries of one lifetime end in the order in which they came.
    this.#until.delete(key)
    for (const [old, until] of this.#until) {
      if (until > this.#now() && this.#until.size < MOST) break
      this.#until.delete(old)
    }
    this.#until.set(key, this.#now() + this.#lifeMs)
  }
}
