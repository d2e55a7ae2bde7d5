import { GUIDANCE, GUIDANCE_SOURCE } from '../settings/guidance.ts'
import { limitsText, overLimit } from './over-limit.ts'
import type { Rule } from './rule.ts'

export const parallelMigrationsTooHigh: Rule = {
  id: 'parallel-migrations-too-high',
  title: 'Too many live migrations at once in the cluster',
  enforcement: 'deny',
  trips: limitsText('parallelMigrationsPerCluster'),
  rationale:
    'Migrations share the network. With large, busy VMs each gets too little bandwidth to outrun the memory that the guest keeps changing, so all of them run into the timeout together.',
  source: `${GUIDANCE_SOURCE}: keep it at ${GUIDANCE.parallelMigrationsPerCluster}`,
  remedy: `Lower \`parallelMigrationsPerCluster\`; ${GUIDANCE.parallelMigrationsPerCluster} is the guidance for heavy workloads. Whether these run is observed or declared; where none does, annotate the HyperConverged with \`migration-guard.io/workload-profile: standard\` (docs/declare.md).`,
  waivable: true,
  kinds: ['HyperConverged'],
  check: subject =>
    overLimit(
      subject,
      'parallelMigrationsPerCluster',
      'So many at once share the network: none keeps up with a busy guest, and all run into the timeout.',
    ),
}
