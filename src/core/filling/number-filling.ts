import { own, sameJson } from '../json.ts'
import type { Limits, Policy } from '../policy.ts'
import { GUIDANCE } from '../settings/guidance.ts'
import { type Evidence, ownerOf } from './field-ownership.ts'
import type { FilledField } from './filling.ts'

/** Proposes the numbers of the guidance for open fields; a stock value or a policy that is stricter wins. */
export function proposeNumbers(
  evidence: Evidence,
  limits: Policy['limits'],
): readonly FilledField[] {
  const { stock, block } = evidence
  return PROPOSALS.filter(
    ({ name }) => stock.known.includes(name) && ownerOf(name, evidence) === 'open',
  )
    .map(({ name, value, because }) => {
      return { name, value: value(stock.defaults[name], limits), because }
    })
    .filter(({ name, value }) => !sameJson(own(block, name), value))
}

type Proposal = Pick<FilledField, 'name' | 'because'> & {
  /** The value to fill, given the stock value and what the policy allows. */
  readonly value: (stock: unknown, limits: Policy['limits']) => string | number
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
    value: (stock, limits) =>
      withinLimits(
        strictest(Math.min, GUIDANCE.parallelMigrationsPerCluster, stock),
        limits.parallelMigrationsPerCluster.heavy,
      ),
    because: 'so that migrations do not starve each other',
  },
  {
    name: 'parallelOutboundMigrationsPerNode',
    value: (_stock, limits) =>
      withinLimits(
        GUIDANCE.parallelOutboundMigrationsPerNode,
        limits.parallelOutboundMigrationsPerNode.heavy,
      ),
    because: 'so that one migration at a time has the link of a node',
  },
  {
    name: 'progressTimeout',
    value: stock => strictest(Math.max, GUIDANCE.progressTimeout, stock),
    because: 'so that a large VM is not given up too early',
  },
]

// A policy may be stricter than the guidance. 0 would stop migration.
function withinLimits(value: number, { deny, warn }: Limits): number {
  return Math.max(1, Math.min(value, deny, warn))
}

function strictest(
  pick: (...values: number[]) => number,
  guidance: number,
  stock: unknown,
): number {
  return typeof stock === 'number' ? pick(guidance, stock) : guidance
}
