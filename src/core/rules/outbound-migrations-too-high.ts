import { GUIDANCE, GUIDANCE_SOURCE } from '../settings/guidance.ts'
import { limitsText, overLimit } from './over-limit.ts'
import type { Rule } from './rule.ts'

export const outboundMigrationsTooHigh: Rule = {
  id: 'outbound-migrations-too-high',
  title: 'Too many live migrations at once from one node',
  enforcement: 'deny',
  trips: limitsText('parallelOutboundMigrationsPerNode'),
  rationale:
    'Migrations that leave the same node share its link, and with heavy workloads two already starve each other.',
  source: `${GUIDANCE_SOURCE}: one VM per node; kubevirt/hyperconverged-cluster-operator pull 4426`,
  remedy: `Lower \`parallelOutboundMigrationsPerNode\`; ${GUIDANCE.parallelOutboundMigrationsPerNode} is the guidance for heavy workloads.`,
  waivable: true,
  kinds: ['HyperConverged'],
  check: subject =>
    overLimit(
      subject,
      'parallelOutboundMigrationsPerNode',
      'Migrations from one node share its link and starve each other of bandwidth.',
    ),
}
