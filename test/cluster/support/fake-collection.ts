import type { ServerResponse } from 'node:http'
import { objectKey } from '../../../src/cluster/resource.ts'
import { at, type JsonObject, textAt } from '../../../src/core/json.ts'
import { type Reply, refusal, type Seen } from './replies.ts'

type Change = { readonly type: string; readonly object: JsonObject; readonly version: number }
type Watcher = { readonly response: ServerResponse; readonly call: Seen }

// One history for all kinds, as in etcd.
let clock = 1000

/** The objects of a kind, with their history. */
export class Collection {
  readonly #objects = new Map<string, JsonObject>()
  readonly #watchers = new Set<Watcher>()
  readonly #lists = new Map<string, readonly JsonObject[]>()
  #history: Change[] = []
  #forgotten = 0

  get watching(): number {
    return this.#watchers.size
  }

  /** Creates or replaces an object. */
  put(object: JsonObject): void {
    const version = ++clock
    const metadata = { ...(object.metadata as JsonObject), resourceVersion: String(version) }
    const stored = { ...object, metadata }
    const type = this.#objects.has(objectKey(object)) ? 'MODIFIED' : 'ADDED'
    this.#objects.set(objectKey(object), stored)
    this.#tell({ type, object: stored, version })
  }

  delete(key: string): void {
    const object = this.#objects.get(key)
    if (!object) return
    this.#objects.delete(key)
    const version = ++clock
    const metadata = { ...(object.metadata as JsonObject), resourceVersion: String(version) }
    this.#tell({ type: 'DELETED', object: { ...object, metadata }, version })
  }

  /** Sends every watcher how far things are. */
  bookmark(): void {
    const object = { metadata: { resourceVersion: String(clock) } }
    for (const watcher of this.#watchers)
      watcher.response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`)
  }

  /** Forgets the history, as etcd does when it is compacted, and all lists under way. */
  compact(): void {
    this.#history = []
    this.#lists.clear()
    this.#forgotten = ++clock
  }

  /** Sends every watcher these bytes. */
  write(text: string): void {
    for (const { response } of this.#watchers) response.write(text)
  }

  /** Ends every watch as the server does after its time. */
  end(): void {
    for (const { response } of this.#watchers) response.end()
  }

  /** Ends every watch as a broken connection does. */
  reset(): void {
    for (const { response } of this.#watchers) response.socket?.resetAndDestroy()
  }

  /** Leaves every watch open and sends it nothing more, as a peer that died does. */
  mute(): void {
    this.#watchers.clear()
  }

  readonly list: Reply = (response, { query, headers }) => {
    const token = query.get('continue')
    const all = token === null ? this.#select(query) : this.#lists.get(token)
    if (all === undefined) return refusal(410, 'the continue parameter is too old')(response)
    const limit = Number(query.get('limit') ?? all.length) || all.length
    const more = all.slice(limit)
    const next = `${clock}-${more.length}`
    if (more.length > 0) this.#lists.set(next, more)
    const metadata = { resourceVersion: String(clock), ...(more.length > 0 && { continue: next }) }
    const items = all.slice(0, limit).map(object => cut(object, headers.accept))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ kind: 'List', apiVersion: 'v1', metadata, items }))
  }

  readonly watch: Reply = (response, call) => {
    const from = Number(call.query.get('resourceVersion'))
    if (from < this.#forgotten) return refusal(410, `too old resource version: ${from}`)(response)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const watcher = { response, call }
    this.#watchers.add(watcher)
    response.on('close', () => this.#watchers.delete(watcher))
    for (const change of this.#history) if (change.version > from) send(watcher, change)
  }

  #select(query: URLSearchParams): readonly JsonObject[] {
    const name = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1]
    const all = [...this.#objects.values()]
    return name === undefined
      ? all
      : all.filter(object => at(object, ['metadata', 'name']) === name)
  }

  #tell(change: Change): void {
    this.#history.push(change)
    for (const watcher of this.#watchers) send(watcher, change)
  }
}

function send({ response, call }: Watcher, { type, object }: Change): void {
  const name = /^metadata\.name=(.*)$/.exec(call.query.get('fieldSelector') ?? '')?.[1]
  if (name !== undefined && textAt(object, ['metadata', 'name']) !== name) return
  response.write(`${JSON.stringify({ type, object: cut(object, call.headers.accept) })}\n`)
}

function cut(object: JsonObject, accept = ''): JsonObject {
  if (!accept.includes('as=PartialObjectMetadata')) return object
  const { metadata } = object
  return { apiVersion: 'meta.k8s.io/v1', kind: 'PartialObjectMetadata', metadata }
}
