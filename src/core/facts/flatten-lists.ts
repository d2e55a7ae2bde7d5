import { isObject, own, textAt } from '../json.ts'

/** Something in a document that is no list, and the way to it. */
export type Entry = { readonly value: unknown; readonly path: readonly (string | number)[] }

/** What the items of a typed list are: an empty one says that there are none, which is knowledge, too. */
export type ListType = { readonly apiVersion: unknown; readonly kind: string }

/** Everything in a document that is no list, `List`s of any sort taken apart. */
export function* flattenLists(
  value: unknown,
  onList: (type: ListType) => void = () => {},
  path: Entry['path'] = [],
): Generator<Entry> {
  const kind = textAt(value, ['kind']) ?? ''
  const items = own(value, 'items')
  if (!kind.endsWith('List') || !Array.isArray(items)) {
    yield { value, path }
    return
  }
  const type = { apiVersion: own(value, 'apiVersion'), kind: kind.slice(0, -'List'.length) }
  const typed = type.kind !== ''
  if (typed) onList(type)
  for (const [index, item] of items.entries()) {
    // Items of a typed list come without apiVersion and kind of their own.
    const whole = typed && isObject(item) ? { ...type, ...item } : item
    yield* flattenLists(whole, onList, [...path, 'items', index])
  }
}
