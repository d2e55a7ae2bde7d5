import { isObject, type JsonObject, show } from '../json.ts'

/** Something in a jsonpatch annotation that no setting may do, or whose result cannot be known from the settings alone. */
export type Overreach = {
  readonly what: string
  /** The operation or value itself, so that another one in its place is not taken for the same. */
  readonly cause: unknown
}

/** A key as Go's encoding/json compares it: unicode.SimpleFold, by which ſ is s and the Kelvin sign is k. */
export function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase()
}

/** Finds the keys of an object that encoding/json takes for one of these names, from which they differ in case alone. */
export function caseVariantsOf(
  names: readonly string[],
): (object: unknown) => readonly Overreach[] {
  const byFolded = new Map(names.map(name => [foldCase(name), name]))
  return object => (isObject(object) ? findVariants(object, byFolded) : [])
}

function findVariants(
  object: JsonObject,
  byFolded: ReadonlyMap<string, string>,
): readonly Overreach[] {
  return Object.entries(object).flatMap(([key, value]) => {
    const name = byFolded.get(foldCase(key))
    if (name === undefined || name === key) return []
    const what = `the key ${show(key)} is read as ${show(name)}: case does not count there`
    return [{ what, cause: [key, value] }]
  })
}
