import { ApiError } from './api-error.ts'
import { UnreadableEvent } from './watch-stream.ts'

/** A server that has failed so often in a row on one version of history may still answer a list. */
export const ENOUGH_FAILURES = 4

/**
 * True where a watch cannot go on from where it was: the server has forgotten that version (410), the kind is served
 * elsewhere or no more (404), an event could not be read. Being locked out, slowed down or cut off only costs time.
 */
export function needsList(error: unknown, failures: number): boolean {
  if (error instanceof UnreadableEvent) return true
  if (!(error instanceof ApiError)) return false
  const { status } = error
  if (status === 401 || status === 403 || status === 429) return false
  return status < 500 || failures >= ENOUGH_FAILURES
}
