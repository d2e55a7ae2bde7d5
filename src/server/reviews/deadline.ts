import type { ServerResponse } from 'node:http'

/** The time left for an answer. */
export type Deadline = {
  /** Aborted when the time is over, or when the client no longer waits. */
  readonly signal: AbortSignal
  /** Rejects at the same moment, with a sentence. */
  readonly passed: Promise<never>
  readonly clear: () => void
}

/** Starts the clock for one response. */
export function startDeadline(milliseconds: number, response: ServerResponse): Deadline {
  const controller = new AbortController()
  const { promise: passed, reject } = Promise.withResolvers<never>()
  passed.catch(() => {})
  const end = (message: string) => {
    const error = new Error(message)
    controller.abort(error)
    reject(error)
  }
  const late = () => end(`no answer was found within ${milliseconds / 1000} s`)
  const gone = () => end('the client closed the connection')
  const timer = setTimeout(late, milliseconds)
  response.once('close', gone)
  const clear = () => {
    clearTimeout(timer)
    response.off('close', gone)
  }
  return { signal: controller.signal, passed, clear }
}
