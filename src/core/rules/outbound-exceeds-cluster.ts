import type { Rule } from './rule.ts'

export const outboundExceedsCluster: Rule = {
  id: 'outbound-exceeds-cluster',
  title: 'The limit per node is above the limit of the cluster',
  enforcement: 'warn',
  trips: '`parallelOutboundMigrationsPerNode` above `parallelMigrationsPerCluster`',
  rationale:
    'The smaller limit of the cluster always holds first, so the limit per node never does what it says.',
  source: 'kubevirt pkg/virt-controller/watch/migration/migration.go',
  remedy: 'Lower the limit per node, or raise the limit of the cluster.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, field }) => {
    const { parallelOutboundMigrationsPerNode: outbound, parallelMigrationsPerCluster: cluster } =
      settings
    if (outbound === undefined || cluster === undefined || outbound <= cluster) return []
    return [
      {
        field: field('parallelOutboundMigrationsPerNode'),
        setting: 'parallelOutboundMigrationsPerNode',
        value: outbound,
        message: `that is above parallelMigrationsPerCluster (${cluster}).`,
        consequence: 'The limit per node has no effect.',
        fix:
          cluster < 1
            ? `set parallelMigrationsPerCluster to ${Math.max(outbound, 1)} or more`
            : 'set parallelOutboundMigrationsPerNode to 1',
        identity: 'exceeds',
        severity: outbound - cluster,
        bound: null,
      },
    ]
  },
}
