import { type Evidence, ownerOf } from './field-ownership.ts'
import type { FilledField } from './filling.ts'
import { own, sameJson } from './json.ts'
import type { FieldName } from './live-migration-config.ts'

/**
 * Proposes the numbers of OpenShift Virtualization, "Configure live migration for heavy workloads"; a stock value that is
 * stricter already stays.
 */
export function proposeNumbers(evidence: Evidence): readonly FilledField[] {
  const { defaults, known } = evidence.stock
  const stockOf = (name: FieldName, otherwise: number) => {
    const value = defaults[name]
    return typeof value === 'number' ? value : otherwise
  }
  const guidance: readonly FilledField[] = [
    {
      name: 'bandwidthPerMigration',
      value: '0Mi',
      because: 'no limit, so that a busy guest can be outrun',
    },
    {
      name: 'completionTimeoutPerGiB',
      value: Math.min(stockOf('completionTimeoutPerGiB', 150), 150),
      because: 'so that a migration that cannot finish is noticed in time',
    },
    {
      name: 'parallelMigrationsPerCluster',
      value: Math.min(stockOf('parallelMigrationsPerCluster', 5), 5),
      because: 'so that migrations do not starve each other',
    },
    {
      name: 'parallelOutboundMigrationsPerNode',
      value: 1,
      because: 'so that one migration at a time has the link of a node',
    },
    {
      name: 'progressTimeout',
      value: Math.max(stockOf('progressTimeout', 150), 150),
      because: 'so that a large VM is not given up too early',
    },
  ]
  return guidance.filter(
    ({ name, value }) =>
      known.includes(name) &&
      !sameJson(own(evidence.block, name), value) &&
      ownerOf(name, evidence) === 'open',
  )
}
