import { overLimit } from '../over-limit.ts'
import type { Rule } from '../rule.ts'

export const outboundMigrationsTooHigh: Rule = {
  id: 'outbound-migrations-too-high',
  title: 'Too many live migrations at once from one node',
  enforcement: 'deny',
  trips:
    '`parallelOutboundMigrationsPerNode` above 2 with heavy workloads (warns above 1), above 10 without (warns above 5)',
  rationale:
    'Migrations that leave the same node share its link, and with heavy workloads two already starve each other.',
  source:
    'OpenShift Virtualization, "Configure live migration for heavy workloads": one VM per node; kubevirt/hyperconverged-cluster-operator pull 4426',
  remedy: 'Lower `parallelOutboundMigrationsPerNode`; 1 is the guidance for heavy workloads.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: subject =>
    overLimit(subject, 'parallelOutboundMigrationsPerNode', {
      rule: 'outbound-migrations-too-high',
      consequence: 'Migrations from one node share its link and starve each other of bandwidth.',
      guidance: 1,
    }),
}
