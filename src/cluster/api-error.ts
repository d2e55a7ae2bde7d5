import type { IncomingHttpHeaders } from 'node:http'
import { at, isObject, printable, textAt } from '../core/json.ts'

// A server that asks for more is asked again anyway: nobody can sit out an hour with old facts.
const LONGEST_RETRY_AFTER_MS = 60_000

/** An answer of the API server that is a refusal: its HTTP status, and how long it wants to be left alone. */
export class ApiError extends Error {
  readonly code = 'API_ERROR'
  readonly status: number
  readonly retryAfterMs: number

  constructor(status: number, message: string, retryAfterMs = 0) {
    super(message)
    this.status = status
    this.retryAfterMs = Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS)
  }
}

/** Reads a refusal from an HTTP answer; a proxy in between answers with text of its own. */
export function fromResponse(status: number, headers: IncomingHttpHeaders, text: string): ApiError {
  const body = parse(text)
  const message = textAt(body, ['message']) ?? text.trim()
  return new ApiError(status, sentence(status, message), retryAfter(headers['retry-after'], body))
}

/** Reads the Status object of an ERROR event in a watch. */
export function fromStatus(status: unknown): ApiError {
  const code = at(status, ['code'])
  const number = typeof code === 'number' ? code : 500
  const message = textAt(status, ['message']) ?? textAt(status, ['reason']) ?? ''
  return new ApiError(number, sentence(number, message), retryAfter(undefined, status))
}

function sentence(status: number, message: string): string {
  return message === '' ? `HTTP ${status}` : `HTTP ${status}: ${printable(message, 300)}`
}

// Seconds; the API server never writes the form with a date (k8s.io/apiserver pkg/endpoints/handlers/responsewriters).
function retryAfter(header: string | undefined, body: unknown): number {
  const seconds = Number(header ?? at(body, ['details', 'retryAfterSeconds']) ?? 0)
  return seconds > 0 ? seconds * 1000 : 0
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

/** Why a call failed, in words: a connection that was tried at several addresses fails with an error without any. */
export function explain(error: unknown): string {
  const [first = error] = error instanceof AggregateError ? error.errors : []
  const { message = '', code = '' } = first as NodeJS.ErrnoException
  // Node says "aborted" or "socket hang up" of a connection that the other side broke off.
  if (code === 'ECONNRESET') return 'the connection broke off'
  return printable(message || code || 'for no known reason', 300)
}
