import { type Evidence, ownerOf } from './field-ownership.ts'
import type { FilledField } from './filling.ts'
import { GUIDANCE } from './guidance.ts'
import { own, sameJson } from './json.ts'

/** Proposes the numbers of the guidance for open fields; a stock value that is stricter already stays. */
export function proposeNumbers(evidence: Evidence): readonly FilledField[] {
  const { defaults, known } = evidence.stock
  const stricter = (
    name: 'completionTimeoutPerGiB' | 'parallelMigrationsPerCluster' | 'progressTimeout',
    strictest: (...values: number[]) => number,
  ) => {
    const stock = defaults[name]
    return typeof stock === 'number' ? strictest(stock, GUIDANCE[name]) : GUIDANCE[name]
  }
  const proposals: readonly FilledField[] = [
    {
      name: 'bandwidthPerMigration',
      value: GUIDANCE.bandwidthPerMigration,
      because: 'no limit, so that a busy guest can be outrun',
    },
    {
      name: 'completionTimeoutPerGiB',
      value: stricter('completionTimeoutPerGiB', Math.min),
      because: 'so that a migration that cannot finish is noticed in time',
    },
    {
      name: 'parallelMigrationsPerCluster',
      value: stricter('parallelMigrationsPerCluster', Math.min),
      because: 'so that migrations do not starve each other',
    },
    {
      name: 'parallelOutboundMigrationsPerNode',
      value: GUIDANCE.parallelOutboundMigrationsPerNode,
      because: 'so that one migration at a time has the link of a node',
    },
    {
      name: 'progressTimeout',
      value: stricter('progressTimeout', Math.max),
      because: 'so that a large VM is not given up too early',
    },
  ]
  return proposals.filter(
    ({ name, value }) =>
      known.includes(name) &&
      !sameJson(own(evidence.block, name), value) &&
      ownerOf(name, evidence) === 'open',
  )
}
