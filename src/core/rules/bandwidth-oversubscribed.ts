import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  timesQuantity,
} from '../settings/quantity.ts'
import type { Rule } from './rule.ts'

export const bandwidthOversubscribed: Rule = {
  id: 'bandwidth-oversubscribed',
  title: 'Migrations from one node may want more than the link has',
  enforcement: 'warn',
  trips:
    'the policy declares `linkBandwidth`, and outbound migrations times bandwidth exceeds it; no bandwidth limit with more than one outbound migration counts as well',
  rationale:
    'The bandwidth limit is for each migration. What a node sends at worst is the limit times the migrations that leave it.',
  source: 'OpenShift Virtualization, "VM migration tuning"',
  remedy: 'Lower `bandwidthPerMigration` or `parallelOutboundMigrationsPerNode`.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, policy, field }) => {
    const link = policy.linkBandwidth === null ? undefined : parseQuantity(policy.linkBandwidth)
    const outbound = settings.parallelOutboundMigrationsPerNode
    if (link === undefined || outbound === undefined || outbound < 1) return []
    const bandwidth = settings.bandwidthPerMigration
    const unlimited = bandwidth === undefined || bandwidth.numerator === 0n
    if (
      unlimited ? outbound === 1 : compareQuantities(timesQuantity(bandwidth, outbound), link) <= 0
    )
      return []
    const wanted = unlimited
      ? `${outbound} migrations without a bandwidth limit`
      : `${outbound} migrations of ${formatQuantity(bandwidth)} per second`
    return [
      {
        field: field('bandwidthPerMigration'),
        setting: 'bandwidthPerMigration',
        value: unlimited ? null : formatQuantity(bandwidth),
        message: `${wanted} may leave one node at once.`,
        consequence: `Its link carries ${formatQuantity(link)} per second (linkBandwidth in the policy).`,
        fix:
          outbound === 1
            ? `set bandwidthPerMigration to ${formatQuantity(link)} or less`
            : `set parallelOutboundMigrationsPerNode to 1, or bandwidthPerMigration so that ${outbound} of them fit`,
        identity: 'oversubscribed',
        severity: unlimited
          ? UNLIMITED * outbound
          : Number(timesQuantity(bandwidth, outbound).numerator / bandwidth.denominator),
        bound: null,
      },
    ]
  },
}

// Above any bandwidth that can be written, so that setting too high a limit where there was none is an improvement.
const UNLIMITED = 2 ** 900
