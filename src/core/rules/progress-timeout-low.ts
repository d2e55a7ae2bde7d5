import { GUIDANCE, GUIDANCE_SOURCE } from '../settings/guidance.ts'
import type { Rule } from './rule.ts'

const { progressTimeout: SHORTEST } = GUIDANCE

export const progressTimeoutLow: Rule = {
  id: 'progress-timeout-low',
  title: 'Migrations are given up too early, or never',
  enforcement: 'warn',
  trips: `\`progressTimeout\` below ${SHORTEST} with heavy workloads, or 0`,
  rationale:
    'A large VM may need a while to transfer less than it dirties; a short timeout aborts migrations that would have finished. 0 switches the check off, and a stuck migration stays until the completion timeout.',
  source: GUIDANCE_SOURCE,
  remedy: `Set \`progressTimeout: ${SHORTEST}\` or more.`,
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, profile, field }) => {
    const value = settings.progressTimeout
    if (value === undefined || value >= SHORTEST) return []
    if (value !== 0 && profile.name !== 'heavy') return []
    return [
      {
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
        fix: `set progressTimeout to ${SHORTEST} or more`,
        identity: value === 0 ? 'off' : 'low',
        severity: -value,
        bound: null,
      },
    ]
  },
}
