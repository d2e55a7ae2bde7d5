import type { CheckedObject } from './report.ts'

// The worst first.
const OUTCOMES: readonly CheckedObject['outcome'][] = [
  'denied',
  'allowed-by-exception',
  'allowed-operator',
  'allowed',
]

/** One object judged in several clusters: the worst outcome, and everything that was found in any of them, once. */
export function mergeObjects(objects: readonly CheckedObject[]): CheckedObject {
  const [worst, ...others] = objects.toSorted(
    (a, b) => OUTCOMES.indexOf(a.outcome) - OUTCOMES.indexOf(b.outcome),
  )
  if (worst === undefined) throw new Error('nothing to merge')
  if (others.length === 0) return worst
  const all = [worst, ...others]
  return {
    ...worst,
    findings: distinct(all.flatMap(({ findings }) => findings)),
    notes: distinct(all.flatMap(({ notes }) => notes)),
  }
}

function distinct<T extends { readonly text: string }>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map(item => [item.text, item])).values()]
}
