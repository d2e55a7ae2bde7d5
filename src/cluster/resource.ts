import { type JsonObject, textAt } from '../core/json.ts'

/** A kind that is watched, and the little that is kept of each object. */
export type Resource<T> = {
  readonly kind: string
  /** One for each version that may be served, the preferred one first. */
  readonly paths: readonly string[]
  readonly fieldSelector?: string
  /** True where labels and annotations are all that is needed of an object. */
  readonly metadataOnly: boolean
  /** True for a kind that a cluster may lack: a 404 then says that there is none. */
  readonly optional: boolean
  readonly project: (object: JsonObject) => T
  /** True where two projections say the same, so that an event changes nothing. */
  readonly same: (left: T, right: T) => boolean
}

/** `namespace/name`, or the name alone for what is in no namespace. */
export function objectKey(object: JsonObject): string {
  const namespace = textAt(object, ['metadata', 'namespace'])
  const name = textAt(object, ['metadata', 'name']) ?? ''
  return namespace === undefined ? name : `${namespace}/${name}`
}

/** The path of a list or watch. */
export function resourcePath<T>(
  { fieldSelector }: Resource<T>,
  path: string,
  query: Readonly<Record<string, string>>,
): string {
  const selected = fieldSelector === undefined ? query : { ...query, fieldSelector }
  return `${path}?${new URLSearchParams(selected)}`
}

/** The Accept header of a list (`List`) or watch (nothing); a server that cannot cut objects down sends them whole. */
export function acceptFor<T>({ metadataOnly }: Resource<T>, suffix: 'List' | ''): string {
  const partial = `application/json;as=PartialObjectMetadata${suffix};g=meta.k8s.io;v=v1`
  return metadataOnly ? `${partial},application/json` : 'application/json'
}
