import type { IncomingMessage, ServerResponse } from 'node:http'
import type { JsonObject } from '../../../src/core/json.ts'

/** A call that reached the server. */
export type Seen = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: JsonObject | null
}

/** Answers one call. */
export type Reply = (response: ServerResponse, call: Seen) => void

/** A refusal as the API server writes it, with a Status object. */
export function refusal(
  code: number,
  message = '',
  headers: Readonly<Record<string, string>> = {},
): (response: ServerResponse) => void {
  return response => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify({ kind: 'Status', status: 'Failure', code, message }))
  }
}

/** A reply of 200 with JSON. */
export function json(content: unknown): Reply {
  return text(JSON.stringify(content))
}

/** A reply of 200 with exactly this text. */
export function text(content: string): Reply {
  return response => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(content)
  }
}

/** A reply that never comes. */
export const silence: Reply = () => {}

/** A connection that breaks before the answer. */
export const reset: Reply = response => {
  response.socket?.resetAndDestroy()
}
