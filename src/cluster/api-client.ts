import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { fromResponse } from './api-error.ts'
import { CallLimit } from './call-limit.ts'

/** What is needed of a client-node KubeConfig: where the server is and how to be let in. */
export type Access = Pick<KubeConfig, 'getCurrentCluster' | 'applyToHTTPSOptions'>

export type ApiCall = {
  /** With query. */
  readonly path: string
  readonly accept?: string
  /** Sent as JSON by POST; without one the call is a GET. */
  readonly body?: unknown
  readonly signal: AbortSignal
  /** The call fails when its answer has not begun after so long, credentials and connecting included. */
  readonly answerMs: number
  /** The call fails when nothing more of the answer has come for so long. */
  readonly silenceMs: number
}

/**
 * The API server over node:https, with the credentials of client-node.
 *
 * client-node's own clients have no deadline, and its Watch passes over broken lines, hides Retry-After and takes
 * 30 quiet seconds for an end; each of its requests opens a connection of its own.
 */
export type ApiClient = {
  /** The body of a 2xx answer as it arrives; rejects with an `ApiError` for any other. */
  readonly open: (call: ApiCall) => Promise<AsyncIterable<Buffer>>
  readonly json: (call: ApiCall) => Promise<unknown>
  readonly close: () => void
}

// A peer that died without a word is noticed by the kernel, too.
const POOL = { keepAlive: true, keepAliveMsecs: 15_000 }

/** Makes a client that keeps its connections for the next call. */
export function createApiClient(access: Access): ApiClient {
  const agents = { http: new HttpAgent(POOL), https: new HttpsAgent(POOL) }
  const open = async (call: ApiCall): Promise<AsyncIterable<Buffer>> => {
    const limit = new CallLimit(call.signal, call.answerMs)
    try {
      const options = await limit.race(authorise(access))
      const send = sender(access, call, { ...options, signal: limit.signal }, agents)
      const response = await limit.race(send())
      limit.allow(call.silenceMs)
      const body = bodyOf(response, limit)
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) return body
      throw fromResponse(status, response.headers, await readText(body, REFUSAL_BYTES))
    } catch (error) {
      limit.release()
      throw limit.reasonFor(error)
    }
  }
  return {
    open,
    json: async call => JSON.parse(await readText(await open(call))),
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

// Of a refusal only the first sentence is shown.
const REFUSAL_BYTES = 64 * 1024

async function authorise(access: Access): Promise<RequestOptions> {
  const options: RequestOptions = {}
  await access.applyToHTTPSOptions(options)
  return options
}

function sender(
  access: Access,
  { path, accept = 'application/json', body }: ApiCall,
  options: RequestOptions,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
): () => Promise<IncomingMessage> {
  const cluster = access.getCurrentCluster()
  if (cluster === null) throw new Error('the kubeconfig names no cluster')
  const url = `${cluster.server.replace(/\/+$/, '')}${path}`
  const secure = url.startsWith('https:')
  const text = body === undefined ? undefined : JSON.stringify(body)
  const headers = { ...options.headers, accept, 'user-agent': 'migration-guard' }
  const typed = text === undefined ? headers : { ...headers, 'content-type': 'application/json' }
  // A proxy is an agent of client-node's; it pools nothing, so ours stands in wherever there is none.
  const agent = cluster.proxyUrl ? options.agent : agents[secure ? 'https' : 'http']
  const full = { ...options, headers: typed, agent, method: text === undefined ? 'GET' : 'POST' }
  return () => send(url, secure ? httpsRequest : httpRequest, full as RequestOptions, text)
}

function send(
  url: string,
  start: typeof httpRequest,
  options: RequestOptions,
  text: string | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    let answered = false
    const request = start(url, options, response => {
      answered = true
      // Whoever reads it learns of the error there; one that nobody reads must not end the process.
      response.on('error', () => {})
      resolve(response)
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server may close a kept connection in the moment in which it is used again; the call never reached it
      // (nodejs.org/api/http.html#requestreusedsocket). None of our calls changes anything.
      const cut = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      const again = request.reusedSocket && cut && !answered && !options.signal?.aborted
      if (again) resolve(send(url, start, options, text))
      else reject(error)
    })
    request.end(text)
  })
}

async function* bodyOf(response: IncomingMessage, limit: CallLimit): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of response) {
      limit.heard()
      yield chunk
    }
  } catch (error) {
    throw limit.reasonFor(error)
  } finally {
    limit.release()
  }
}

async function readText(body: AsyncIterable<Buffer>, limit = Number.POSITIVE_INFINITY) {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= limit) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
