import { isObject, type JsonObject, own, textAt } from '../core/json.ts'
import type { ApiClient } from './api-client.ts'
import { fromStatus } from './api-error.ts'
import { acceptFor, type Resource, resourcePath } from './resource.ts'

/** One change, or with BOOKMARK only the version that has been reached. */
export type WatchEvent = {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: JsonObject
  readonly resourceVersion: string
}

/** What came for an event is none: nobody knows what it would have said. */
export class UnreadableEvent extends Error {
  readonly code = 'UNREADABLE_EVENT'
}

export type WatchCall = {
  readonly path: string
  readonly resourceVersion: string
  readonly timeoutSeconds: number
  readonly answerMs: number
  readonly silenceMs: number
  readonly signal: AbortSignal
}

/** Opens a watch; resolves when the server has accepted it, and the events end when the server ends the watch. */
export async function openWatch<T>(
  api: ApiClient,
  resource: Resource<T>,
  { path, resourceVersion, timeoutSeconds, ...limits }: WatchCall,
): Promise<AsyncGenerator<WatchEvent>> {
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(timeoutSeconds),
  }
  const call = { path: resourcePath(resource, path, query), accept: acceptFor(resource, '') }
  return eventsIn(await api.open({ ...call, ...limits }))
}

/** The events in the body of a watch; an ERROR event is thrown as the refusal that it holds. */
export async function* eventsIn(body: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent> {
  for await (const line of linesOf(body)) {
    const event = parse(line)
    const type = textAt(event, ['type'])
    const object = own(event, 'object')
    if (type === 'ERROR') throw fromStatus(object)
    const resourceVersion = textAt(object, ['metadata', 'resourceVersion'])
    if (!isObject(object) || !resourceVersion || !isKnown(type))
      throw new UnreadableEvent('an event of the watch cannot be read')
    yield { type, object, resourceVersion }
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new UnreadableEvent('an event of the watch is no JSON', { cause })
  }
}

const TYPES: readonly unknown[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK']

function isKnown(type: unknown): type is WatchEvent['type'] {
  return TYPES.includes(type)
}

// etcd takes no object above 1.5 MiB by default; an endless line comes from something else.
const LONGEST_LINE = 64 * 1024 * 1024
const NEWLINE = 0x0a

/** The whole lines of a stream; what stands after the last line break was cut off and is dropped. */
export async function* linesOf(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString('utf8')
      parts = []
      size = 0
      start = end + 1
      if (line.trim() !== '') yield line
    }
    size += chunk.length - start
    if (size > LONGEST_LINE) throw new UnreadableEvent('a line of the watch does not end')
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
}
