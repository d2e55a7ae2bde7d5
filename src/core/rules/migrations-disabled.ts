import { GUIDANCE } from '../settings/guidance.ts'
import type { Rule } from './rule.ts'
import type { BareViolation } from './violation.ts'

const LIMITS = ['parallelMigrationsPerCluster', 'parallelOutboundMigrationsPerNode'] as const

export const migrationsDisabled: Rule = {
  id: 'migrations-disabled',
  title: 'Live migration is switched off',
  enforcement: 'deny',
  trips: '`parallelMigrationsPerCluster` or `parallelOutboundMigrationsPerNode` is 0',
  rationale:
    'KubeVirt starts a migration only while fewer than the limit run. With 0 none ever starts: node drains and upgrades wait for ever, and nothing says why.',
  source: 'kubevirt pkg/virt-controller/watch/migration/migration.go',
  remedy:
    'Set both limits to at least 1. To stop migrations in an emergency, add an exception, so that it ends by itself.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, field }) =>
    LIMITS.filter(name => settings[name] === 0).map(
      (name): BareViolation => ({
        field: field(name),
        setting: name,
        value: 0,
        message: 'no live migration starts any more.',
        consequence: 'Node drains and upgrades wait for ever, and nothing says why.',
        fix: `set ${name} to ${GUIDANCE[name]}; as an emergency stop, use the exception below, which ends by itself`,
        identity: name,
        bound: { [name]: 0 },
      }),
    ),
}
