import { overLimit } from '../over-limit.ts'
import type { Rule } from '../rule.ts'

export const parallelMigrationsTooHigh: Rule = {
  id: 'parallel-migrations-too-high',
  title: 'Too many live migrations at once in the cluster',
  enforcement: 'deny',
  trips:
    '`parallelMigrationsPerCluster` above 10 with heavy workloads (warns above 5), above 50 without (warns above 20)',
  rationale:
    'Migrations share the network. With large, busy VMs each gets too little bandwidth to outrun the memory that the guest keeps changing, so all of them run into the timeout together.',
  source: 'OpenShift Virtualization, "Configure live migration for heavy workloads": keep it at 5',
  remedy: 'Lower `parallelMigrationsPerCluster`; 5 is the guidance for heavy workloads.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: subject =>
    overLimit(subject, 'parallelMigrationsPerCluster', {
      rule: 'parallel-migrations-too-high',
      consequence:
        'So many at once share the network: none keeps up with a busy guest, and all run into the timeout.',
      guidance: 5,
    }),
}
