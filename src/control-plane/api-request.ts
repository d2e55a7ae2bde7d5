import { Agent, request as httpsRequest } from 'node:https'

/** What the API server answered; `body` is parsed when it is JSON. */
export type ApiAnswer = { readonly status: number; readonly body: unknown }

/** Asks the API server as the cluster administrator, without kubectl's start and discovery. */
export type ApiRequest = (
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers?: Readonly<Record<string, string>>,
) => Promise<ApiAnswer>

/** A requester for one server and one token. */
export function apiRequester(url: string, ca: string, token: string): ApiRequest {
  // No connection is kept: a restarted server must not be met through a dead one.
  const agent = new Agent({ ca, keepAlive: false })
  return (method, path, body, more = {}) =>
    new Promise((done, fail) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...more,
      }
      const call = httpsRequest(new URL(path, url), { method, agent, headers }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => (text += chunk))
        response.on('error', fail)
        response.on('end', () => done({ status: response.statusCode ?? 0, body: parsed(text) }))
      })
      call.on('error', fail)
      call.end(body === undefined ? undefined : JSON.stringify(body))
    })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
