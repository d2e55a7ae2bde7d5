import type { Rule } from './rule.ts'

export const workloadDisruptionPauses: Rule = {
  id: 'workload-disruption-pauses',
  title: 'VMs are paused when a migration takes too long',
  enforcement: 'warn',
  trips: '`allowWorkloadDisruption` is true and `allowPostCopy` is not',
  rationale:
    'Where disruption is allowed without post copy, KubeVirt suspends the guest at the timeout and finishes the copy while it stands still.',
  source: 'kubevirt pkg/virt-launcher live-migration-source.go handleLegacyConvergence',
  remedy: 'Set `allowWorkloadDisruption: false`, or allow post copy.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, field }) =>
    settings.allowWorkloadDisruption === true && settings.allowPostCopy !== true
      ? [
          {
            field: field('allowWorkloadDisruption'),
            setting: 'allowWorkloadDisruption',
            value: true,
            message: 'without post copy, a VM whose migration takes too long is paused.',
            consequence: 'It stands still until the copy is done.',
            fix: 'set allowWorkloadDisruption to false, or also set allowPostCopy to true',
            identity: 'pauses',
            bound: null,
          },
        ]
      : [],
}
