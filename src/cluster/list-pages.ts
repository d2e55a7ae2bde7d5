import { isObject, type JsonObject, own, textAt } from '../core/json.ts'
import type { ApiClient } from './api-client.ts'
import { ApiError } from './api-error.ts'
import { acceptFor, objectKey, type Resource, resourcePath } from './resource.ts'

/** Everything of a kind at one resourceVersion. */
export type Listed<T> = {
  readonly path: string
  readonly objects: Map<string, T>
  readonly resourceVersion: string
}

export type ListOptions<T> = {
  readonly pageSize: number
  readonly silenceMs: number
  readonly signal: AbortSignal
  /** The last list: what did not change stays the same value, and two lists need not fit into memory. */
  readonly known: ReadonlyMap<string, T>
}

// Continue tokens live as long as etcd's history, five minutes by default: this happens to slow lists only.
const RESTARTS = 3

/** Lists the first version of a kind that is served; an `ApiError` 404 says that none is. */
export async function listResource<T>(
  api: ApiClient,
  resource: Resource<T>,
  options: ListOptions<T>,
): Promise<Listed<T>> {
  const refusals: ApiError[] = []
  for (const path of resource.paths)
    try {
      return await listPages(api, resource, path, options)
    } catch (error) {
      // Where the webhook that converts between versions is down, the stored version still answers.
      const elsewhere = error instanceof ApiError && (error.status === 404 || error.status >= 500)
      if (!elsewhere) throw error
      refusals.push(error)
    }
  throw refusals.find(({ status }) => status !== 404) ?? refusals[0] ?? new Error('no path')
}

// By pages, and from the start again when the server forgets where it was.
async function listPages<T>(
  api: ApiClient,
  resource: Resource<T>,
  path: string,
  options: ListOptions<T>,
): Promise<Listed<T>> {
  for (let attempt = 0; ; attempt++)
    try {
      return await listOnce(api, resource, path, options)
    } catch (error) {
      const expired = error instanceof ApiError && error.status === 410
      if (!expired || attempt === RESTARTS) throw error
    }
}

async function listOnce<T>(
  api: ApiClient,
  resource: Resource<T>,
  path: string,
  { pageSize, silenceMs, signal, known }: ListOptions<T>,
): Promise<Listed<T>> {
  const objects = new Map<string, T>()
  const accept = acceptFor(resource, 'List')
  let resourceVersion: string | undefined
  let next = ''
  do {
    const query = { limit: String(pageSize), ...(next !== '' && { continue: next }) }
    const call = { path: resourcePath(resource, path, query), accept, signal }
    const page = await api.json({ ...call, answerMs: silenceMs, silenceMs })
    for (const object of itemsOf(page, resource.kind)) {
      const key = objectKey(object)
      objects.set(key, keepSame(resource, known.get(key), resource.project(object)))
    }
    // Where pages differ in age, watching from the first misses nothing.
    resourceVersion ??= textAt(page, ['metadata', 'resourceVersion'])
    next = textAt(page, ['metadata', 'continue']) ?? ''
  } while (next !== '')
  if (!resourceVersion) throw new Error(`the list of ${resource.kind} has no resourceVersion`)
  return { path, objects, resourceVersion }
}

function itemsOf(page: unknown, kind: string): readonly JsonObject[] {
  const items = own(page, 'items') ?? []
  const isList = isObject(own(page, 'metadata')) && Array.isArray(items) && items.every(isObject)
  if (!isList) throw new Error(`what came for the list of ${kind} is no list`)
  return items
}

/** The old value where the new one says the same. */
export function keepSame<T>({ same }: Resource<T>, old: T | undefined, fresh: T): T {
  return old !== undefined && same(old, fresh) ? old : fresh
}
