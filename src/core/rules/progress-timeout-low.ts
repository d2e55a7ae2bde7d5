import type { Rule } from '../rule.ts'

const GUIDANCE = 150

export const progressTimeoutLow: Rule = {
  id: 'progress-timeout-low',
  title: 'Migrations are given up too early, or never',
  enforcement: 'warn',
  trips: '`progressTimeout` below 150 with heavy workloads, or 0',
  rationale:
    'A large VM may need a while to transfer less than it dirties; a short timeout aborts migrations that would have finished. 0 switches the check off, and a stuck migration stays until the completion timeout.',
  source: 'OpenShift Virtualization, "Configure live migration for heavy workloads"',
  remedy: 'Set `progressTimeout: 150` or more.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, profile, field }) => {
    const value = settings.progressTimeout
    if (value === undefined || value >= GUIDANCE) return []
    if (value !== 0 && profile.name !== 'heavy') return []
    return [
      {
        rule: 'progress-timeout-low',
        level: 'deny',
        field: field('progressTimeout'),
        setting: 'progressTimeout',
        value,
        message:
          value === 0
            ? 'a migration that is stuck is not noticed.'
            : `a large VM that makes no progress for ${value} seconds is given up.`,
        consequence:
          value === 0
            ? 'It stays until the completion timeout.'
            : 'It might have finished with more patience.',
        fix: `set progressTimeout to ${GUIDANCE} or more`,
        identity: value === 0 ? 'off' : 'low',
        severity: -value,
        bound: null,
      },
    ]
  },
}
