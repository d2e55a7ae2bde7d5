import type { Subject } from '../judging/subject.ts'
import { GUIDANCE } from '../settings/guidance.ts'
import type { Rule } from './rule.ts'

export const postCopyInert: Rule = {
  id: 'post-copy-inert',
  title: 'Post copy is allowed but never happens',
  enforcement: 'warn',
  trips:
    '`allowPostCopy` is true, but `allowWorkloadDisruption` is false or `completionTimeoutPerGiB` is 0',
  rationale:
    'KubeVirt switches to post copy when the completion timeout is over and disruption is allowed. HCO 1.19 and later write `allowWorkloadDisruption: false` by default, so the published procedure alone does nothing there.',
  source:
    'kubevirt/hyperconverged-cluster-operator pull 4423; kubevirt live-migration-source.go shouldTriggerTimeout',
  remedy:
    'Set `allowWorkloadDisruption: true` and a completion timeout above 0, or switch post copy off.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: subject => {
    const { settings, field } = subject
    if (settings.allowPostCopy !== true) return []
    const disrupted = settings.allowWorkloadDisruption !== false
    if (disrupted && settings.completionTimeoutPerGiB !== 0) return []
    const name = disrupted ? 'completionTimeoutPerGiB' : 'allowWorkloadDisruption'
    return [
      {
        field: field('allowPostCopy'),
        setting: 'allowPostCopy',
        value: true,
        message: `post copy never happens, because ${name} is ${settings[name]}.`,
        consequence: disrupted
          ? 'A timeout of 0 is no timeout, and the timeout is what starts post copy.'
          : 'KubeVirt switches to post copy only where disruption is allowed.',
        fix: isDangerous(subject) ? 'set allowPostCopy to false' : FIXES[name],
        identity: name,
        bound: null,
      },
    ]
  },
}

const FIXES = {
  completionTimeoutPerGiB: `set completionTimeoutPerGiB to ${GUIDANCE.completionTimeoutPerGiB}, or allowPostCopy to false`,
  allowWorkloadDisruption: 'set allowWorkloadDisruption to true, or allowPostCopy to false',
} as const

// Advice to make it work would lead straight into another rule.
function isDangerous({ network, criticalData, critical }: Subject): boolean {
  return network.unstable !== null || criticalData !== null || critical.length > 0
}
