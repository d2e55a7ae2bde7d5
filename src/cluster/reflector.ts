import type { KnownKind } from '../facts/facts-source.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError, explain } from './api-error.ts'
import { Backoff, Pause } from './backoff.ts'
import { SilenceError } from './call-limit.ts'
import { giveBackMemory } from './give-back-memory.ts'
import { listResource } from './list-pages.ts'
import { ObjectStore } from './object-store.ts'
import { ENOUGH_FAILURES, needsList } from './recovery.ts'
import type { Resource } from './resource.ts'
import type { Timing } from './timing.ts'
import { openWatch, type WatchEvent } from './watch-stream.ts'

// After etcd was restored from a backup, a watch from a later version is accepted and never tells anything.
const SILENCES = 4

// Shorter lists leave less behind than it is worth to stop for.
const LONG_LIST = 10_000

/** How far a kind is known, and how well it is followed. */
export type ReflectorStatus = KnownKind & {
  /** Why it is not followed at the moment; null while it is. */
  readonly problem: string | null
}

export type ReflectorParts = {
  readonly api: ApiClient
  readonly timing: Timing
  /** What is kept has changed. */
  readonly onChange: () => void
  /** A problem has come or gone, or the kind has turned out to be missing or there again. */
  readonly onState: (status: ReflectorStatus) => void
}

/**
 * Keeps what matters of all objects of a kind by list and watch, as client-go's reflector does (tools/cache/reflector.go).
 *
 * It never ends by itself: whatever fails is tried again, and until then the last complete list stays.
 */
export class Reflector<T> {
  readonly #resource: Resource<T>
  readonly #parts: ReflectorParts
  readonly #store: ObjectStore<T>
  readonly #backoff: Backoff
  readonly #pause = new Pause()
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  // Where the next watch begins; null when a list has to come first.
  #from: { readonly path: string; readonly resourceVersion: string } | null = null
  #openedAt: number | null = null
  #lastEvent: number | null = null
  #lists = 0
  #silences = 0
  #missing = false
  #doubted = false
  #patient = false
  #problem: string | null = null

  constructor(resource: Resource<T>, parts: ReflectorParts) {
    const { retryBaseMs: baseMs, retryMaxMs: maxMs, random } = parts.timing
    this.#resource = resource
    this.#parts = {
      ...parts,
      onChange: undisturbed(parts.onChange),
      onState: undisturbed(parts.onState),
    }
    this.#store = new ObjectStore(resource)
    this.#backoff = new Backoff({ baseMs, maxMs, random })
    this.#ended = this.#follow()
  }

  /** The objects by key; null before the first complete list and where the kind is missing. */
  get objects(): ReadonlyMap<string, T> | null {
    return this.#store.objects
  }

  get status(): ReflectorStatus {
    return {
      kind: this.#resource.kind,
      synced: this.#store.objects !== null,
      missing: this.#missing,
      lastEvent: this.#lastEvent,
      objects: this.#store.known.size,
      relists: Math.max(0, this.#lists - 1),
      problem: this.#problem,
    }
  }

  /** Ends the wait before the next attempt, unless the server asked for it; the waits after it are short again. */
  retryNow(): void {
    if (this.#patient) return
    this.#backoff.reset()
    this.#pause.end()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#pause.end()
    await this.#ended
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted)
      try {
        if (this.#from === null) await this.#list()
        await this.#watch()
        this.#settle()
      } catch (error) {
        if (!signal.aborted) await this.#pause.wait(this.#failed(error))
      }
  }

  async #list(): Promise<void> {
    const { api, timing } = this.#parts
    const { objects, ...from } = await listResource(api, this.#resource, {
      pageSize: timing.pageSize,
      silenceMs: timing.listSilenceMs,
      signal: this.#stopping.signal,
      known: this.#store.known,
    })
    this.#heard()
    this.#from = from
    this.#lists++
    this.#silences = 0
    this.#doubted = false
    if (this.#store.replace(objects)) this.#parts.onChange()
    if (objects.size >= LONG_LIST) giveBackMemory()
    this.#turn(false, this.#problem)
  }

  async #watch(): Promise<void> {
    if (this.#from === null) return
    const { api, timing } = this.#parts
    const [shortest, longest] = timing.watchSeconds
    const events = await openWatch(api, this.#resource, {
      ...this.#from,
      timeoutSeconds: Math.round(shortest + timing.random() * (longest - shortest)),
      answerMs: timing.watchAnswerMs,
      silenceMs: timing.watchSilenceMs,
      signal: this.#stopping.signal,
    })
    const openedAt = timing.now()
    this.#openedAt = openedAt
    this.#heard()
    this.#turn(false, null)
    const { heard, silent } = await this.#take(events, this.#from.path)
    this.#silences = heard || !silent ? 0 : this.#silences + 1
    if (this.#silences >= SILENCES) this.#from = null
    // Whoever ends every watch at once would be asked without a pause.
    const brief = !heard && !silent && timing.now() - openedAt < 1000
    if (brief) throw new Error('it ends every watch at once')
  }

  // Silence is no failure: without progress notifications from etcd a quiet kind has no bookmarks either (bookmarks repeat
  // no version that the watch began with: k8s.io/apiserver pkg/storage/cacher/cache_watcher.go, process).
  async #take(events: AsyncIterable<WatchEvent>, path: string) {
    let heard = false
    try {
      for await (const event of events) {
        heard = true
        this.#heard()
        if (this.#store.apply(event)) this.#parts.onChange()
        this.#from = { path, resourceVersion: event.resourceVersion }
      }
    } catch (error) {
      if (!(error instanceof SilenceError)) throw error
      return { heard, silent: true }
    }
    return { heard, silent: false }
  }

  // A watch that lived long enough was a good one: the next failure is a first one again.
  #settle(): void {
    const { healthyMs, now } = this.#parts.timing
    if (this.#openedAt !== null && now() - this.#openedAt >= healthyMs) this.#backoff.reset()
    this.#openedAt = null
  }

  // Decides what has to be done anew, and returns how long to wait before.
  #failed(error: unknown): number {
    this.#settle()
    const wait = this.#backoff.next()
    this.#patient = false
    const listing = this.#from === null
    if (needsList(error, this.#backoff.failures)) this.#from = null
    if (!(error instanceof ApiError)) return this.#turn(this.#missing, explain(error), wait)
    // Every restarted server has forgotten what was before: only one that forgets again and again is a problem.
    if (error.status === 410 && this.#backoff.failures < ENOUGH_FAILURES) return wait
    if (listing && error.status === 404 && this.#resource.optional) return this.#notFound()
    const asked = error.retryAfterMs * (1 + this.#parts.timing.random() / 4)
    this.#patient = asked > 0
    return this.#turn(this.#missing, explain(error), asked > 0 ? asked : wait)
  }

  // One 404 may come from a server that is still starting; it takes two to give up what is known.
  #notFound(): number {
    const { missingConfirmMs, missingRetryMs, random } = this.#parts.timing
    if (this.#store.objects !== null && !this.#doubted) {
      this.#doubted = true
      this.#patient = true
      return this.#turn(false, 'HTTP 404: it is not served any more', missingConfirmMs)
    }
    this.#heard()
    this.#doubted = false
    if (this.#store.clear()) this.#parts.onChange()
    this.#backoff.reset()
    return this.#turn(true, null, missingRetryMs * (0.8 + random() * 0.4))
  }

  #heard(): void {
    this.#lastEvent = this.#parts.timing.now()
  }

  #turn(missing: boolean, problem: string | null, wait = 0): number {
    const turned = missing !== this.#missing || (problem === null) !== (this.#problem === null)
    this.#missing = missing
    this.#problem = problem
    if (turned) this.#parts.onState(this.status)
    return wait
  }
}

// Whoever looks on must not be able to end the watch.
function undisturbed<A extends readonly unknown[]>(listener: (...args: A) => void) {
  return (...args: A): void => {
    try {
      listener(...args)
    } catch {}
  }
}
