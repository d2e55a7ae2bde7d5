import type { Subject } from '../judging/subject.ts'
import { GUIDANCE, GUIDANCE_SOURCE } from '../settings/guidance.ts'
import type { Rule } from './rule.ts'

const { completionTimeoutPerGiB: LONGEST } = GUIDANCE

export const completionTimeoutLong: Rule = {
  id: 'completion-timeout-long',
  title: 'A migration may take very long before anything happens',
  enforcement: 'warn',
  trips: `\`completionTimeoutPerGiB\` above ${LONGEST} with heavy workloads`,
  rationale:
    'The timeout grows with the size of the VM: post copy, or giving up, comes only after this many seconds for every GB. At 800, a 64 GiB VM may block a drain for 15 hours.',
  source: `${GUIDANCE_SOURCE}; kubevirt pull 12848`,
  remedy: `Set \`completionTimeoutPerGiB: ${LONGEST}\` or less.`,
  waivable: true,
  kinds: ['HyperConverged'],
  check: subject => {
    const value = subject.settings.completionTimeoutPerGiB
    if (subject.profile.name !== 'heavy' || value === undefined || value <= LONGEST) return []
    return [
      {
        field: subject.field('completionTimeoutPerGiB'),
        setting: 'completionTimeoutPerGiB',
        value,
        message: `${duration(subject, value)}.${origin(value)}`,
        consequence: 'Only then does it switch to post copy or give up; a drain waits that long.',
        fix: `write completionTimeoutPerGiB: ${LONGEST}`,
        identity: 'completionTimeoutPerGiB',
        severity: value,
        bound: { completionTimeoutPerGiB: value },
      },
    ]
  },
}

// KubeVirt counts decimal GB, rounded up (virtwrap/manager.go, ScaledValue): 64 GiB are 69.
function duration({ facts }: Subject, seconds: number): string {
  const { largest } = facts.workloads
  const gigabytes = largest?.gigabytes ?? 69
  const hours = ((gigabytes * seconds) / 3600).toFixed(1)
  const vm =
    largest === null ? 'a VM of 64 GiB' : `the largest VM (${largest.name}, ${gigabytes} GB)`
  return `${vm} may migrate for ${hours} hours`
}

// 800 stays stored in clusters that were born when it was the default.
function origin(value: number): string {
  return value === 800 ? ' 800 was the default up to HCO 1.13.' : ''
}
