import { findingText } from './output/words.ts'
import { type CheckedObject, inOrder } from './report.ts'

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
    findings: inOrder(
      distinct(
        all.flatMap(({ findings }) => findings),
        findingText,
      ),
    ),
    notes: distinct(
      all.flatMap(({ notes }) => notes),
      ({ text }) => text,
    ),
  }
}

function distinct<T>(items: readonly T[], textOf: (item: T) => string): readonly T[] {
  return [...new Map(items.map(item => [textOf(item), item])).values()]
}
