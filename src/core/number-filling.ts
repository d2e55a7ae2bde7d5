import { type Evidence, ownerOf } from './field-ownership.ts'
import type { FilledField } from './filling.ts'
import { GUIDANCE } from './guidance.ts'
import { own, sameJson } from './json.ts'

/** Proposes the numbers of the guidance for open fields; a stock value that is stricter already stays. */
export function proposeNumbers(evidence: Evidence): readonly FilledField[] {
  const { stock, block } = evidence
  return PROPOSALS.filter(
    ({ name }) => stock.known.includes(name) && ownerOf(name, evidence) === 'open',
  )
    .map(({ name, value, because }) => ({ name, value: value(stock.defaults[name]), because }))
    .filter(({ name, value }) => !sameJson(own(block, name), value))
}

type Proposal = Pick<FilledField, 'name' | 'because'> & {
  /** The value to fill, given the stock value. */
  readonly value: (stock: unknown) => string | number
}

const PROPOSALS: readonly Proposal[] = [
  {
    name: 'bandwidthPerMigration',
    value: () => GUIDANCE.bandwidthPerMigration,
    because: 'no limit, so that a busy guest can be outrun',
  },
  {
    name: 'completionTimeoutPerGiB',
    value: stock => strictest(Math.min, GUIDANCE.completionTimeoutPerGiB, stock),
    because: 'so that a migration that cannot finish is noticed in time',
  },
  {
    name: 'parallelMigrationsPerCluster',
    value: stock => strictest(Math.min, GUIDANCE.parallelMigrationsPerCluster, stock),
    because: 'so that migrations do not starve each other',
  },
  {
    name: 'parallelOutboundMigrationsPerNode',
    value: () => GUIDANCE.parallelOutboundMigrationsPerNode,
    because: 'so that one migration at a time has the link of a node',
  },
  {
    name: 'progressTimeout',
    value: stock => strictest(Math.max, GUIDANCE.progressTimeout, stock),
    because: 'so that a large VM is not given up too early',
  },
]

function strictest(
  pick: (...values: number[]) => number,
  guidance: number,
  stock: unknown,
): number {
  return typeof stock === 'number' ? pick(guidance, stock) : guidance
}
