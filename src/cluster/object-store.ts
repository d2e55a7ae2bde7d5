import { keepSame } from './list-pages.ts'
import { objectKey, type Resource } from './resource.ts'
import type { WatchEvent } from './watch-stream.ts'

const NOTHING: ReadonlyMap<string, never> = new Map<string, never>()

/** What is kept of the objects of a kind; every change says whether anything that matters is different. */
export class ObjectStore<T> {
  readonly #resource: Resource<T>
  #objects: Map<string, T> | null = null

  constructor(resource: Resource<T>) {
    this.#resource = resource
  }

  /** By key; null where there is no complete list. */
  get objects(): ReadonlyMap<string, T> | null {
    return this.#objects
  }

  /** Empty where there is no complete list. */
  get known(): ReadonlyMap<string, T> {
    return this.#objects ?? NOTHING
  }

  /** Takes a complete list in which unchanged objects are the values that are known already. */
  replace(objects: Map<string, T>): boolean {
    const changed = this.#objects === null || !sameEntries(this.#objects, objects)
    this.#objects = objects
    return changed
  }

  apply({ type, object }: WatchEvent): boolean {
    const objects = this.#objects
    if (objects === null || type === 'BOOKMARK') return false
    const key = objectKey(object)
    if (type === 'DELETED') return objects.delete(key)
    const old = objects.get(key)
    const fresh = keepSame(this.#resource, old, this.#resource.project(object))
    if (fresh === old) return false
    objects.set(key, fresh)
    return true
  }

  clear(): boolean {
    const changed = this.#objects !== null
    this.#objects = null
    return changed
  }
}

function sameEntries<T>(left: ReadonlyMap<string, T>, right: ReadonlyMap<string, T>): boolean {
  if (left.size !== right.size) return false
  for (const [key, value] of right) if (left.get(key) !== value) return false
  return true
}
