// An API server for tests: lists by pages, watches with history, and whatever a test wants to go wrong.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { Collection } from './fake-collection.ts'
import { type Reply, refusal, type Seen } from './replies.ts'

/** An API server that serves what a test puts into it. */
export class FakeApiServer {
  readonly seen: Seen[] = []
  readonly #collections = new Map<string, Collection>()
  readonly #posts = new Map<string, Reply>()
  readonly #scripts: { readonly verb: string; readonly path: string; readonly reply: Reply }[] = []
  readonly #tls: ServerOptions | null
  #server: Server | null = null
  #port = 0

  constructor(tls: ServerOptions | null = null) {
    this.#tls = tls
  }

  /** Starts a server that ends with the test. */
  static async start(t: Test, tls: ServerOptions | null = null): Promise<FakeApiServer> {
    const server = new FakeApiServer(tls)
    t.teardown(() => server.stop())
    await server.listen()
    return server
  }

  get url(): string {
    return `http${this.#tls === null ? '' : 's'}://127.0.0.1:${this.#port}`
  }

  /** What a client needs of a KubeConfig. */
  get access() {
    const cluster = { name: 'fake', server: this.url, skipTLSVerify: true }
    return { getCurrentCluster: () => cluster, applyToHTTPSOptions: async () => {} }
  }

  /** Listens, after a stop on the same port. */
  async listen(): Promise<void> {
    const handle = (request: IncomingMessage, response: ServerResponse) =>
      void this.#handle(request, response)
    const server = this.#tls ? createTlsServer(this.#tls, handle) : createServer(handle)
    this.#server = server
    await once(server.listen(this.#port, '127.0.0.1'), 'listening')
    this.#port = (server.address() as AddressInfo).port
  }

  /** Breaks every connection and listens no more. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  /** The objects at a path, which is served from then on. */
  collection(path: string): Collection {
    const known = this.#collections.get(path)
    if (known) return known
    const collection = new Collection()
    this.#collections.set(path, collection)
    return collection
  }

  /** Serves a path no more. */
  uninstall(path: string): void {
    this.#collections.get(path)?.end()
    this.#collections.delete(path)
  }

  onPost(path: string, reply: Reply): void {
    this.#posts.set(path, reply)
  }

  /** Answers the next lists or watches of a path in these ways, one each. */
  script(verb: 'list' | 'watch', path: string, ...replies: readonly Reply[]): void {
    for (const reply of replies) this.#scripts.push({ verb, path, reply })
  }

  /** The calls of a sort so far. */
  calls(verb: 'list' | 'watch', path: string): Seen[] {
    return this.seen.filter(call => call.path === path && verbOf(call) === verb)
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const { method = '', headers } = request
    const body = text === '' ? null : JSON.parse(text)
    const call = { method, path: url.pathname, query: url.searchParams, headers, body }
    this.seen.push(call)
    this.#replyTo(call)(response, call)
  }

  #replyTo(call: Seen): Reply {
    const { method, path } = call
    if (method === 'POST') return this.#posts.get(path) ?? refusal(404)
    const index = this.#scripts.findIndex(
      script => script.verb === verbOf(call) && script.path === path,
    )
    const [script] = index === -1 ? [] : this.#scripts.splice(index, 1)
    if (script) return script.reply
    const collection = this.#collections.get(path)
    if (!collection) return notFound
    return verbOf(call) === 'watch' ? collection.watch : collection.list
  }
}

function verbOf({ query }: Seen): string {
  return query.get('watch') === 'true' ? 'watch' : 'list'
}

// What the API server says of a group that it does not know is no Status object.
const notFound: Reply = response => {
  response.writeHead(404, { 'content-type': 'text/plain' }).end('404 page not found\n')
}
