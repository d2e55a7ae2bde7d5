import { GUIDANCE_SOURCE } from '../guidance.ts'
import { printable } from '../json.ts'
import { type MigrationPolicy, mergeMigrationPolicy, selectorsText } from '../migration-policy.ts'
import { isPostCopyEffective } from '../post-copy.ts'
import type { Rule } from '../rule.ts'
import type { Subject } from '../subject.ts'
import type { BareViolation } from '../violation.ts'

export const postCopyUnstableNetwork: Rule = {
  id: 'post-copy-unstable-network',
  title: 'Post copy on a network that is flagged unstable',
  enforcement: 'deny',
  trips:
    'post copy is effective in the cluster settings, or in their merge with any MigrationPolicy (whether or not it matches a VM yet), and the migration network is flagged unstable',
  rationale:
    'During post copy the guest runs on the target while part of its memory is still on the source. If the network breaks then, neither side has the whole VM: it is lost.',
  source: `${GUIDANCE_SOURCE}, note on post copy; kubevirt pull 11479`,
  remedy: 'Switch post copy off, or migrate over a stable network.',
  waivable: true,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: subject => {
    const { network, settings, policies } = subject
    if (network.unstable === null) return []
    const isOn = (policy: MigrationPolicy) =>
      isPostCopyEffective(mergeMigrationPolicy(settings, policy))
    const byPolicy = policies.filter(isOn)
    const protecting = policies.filter(policy => policy.selectors !== null && !isOn(policy))
    const violations = isPostCopyEffective(settings) ? [ofCluster(subject, protecting.length)] : []
    return [...violations, ...byPolicy.map(policy => ofPolicy(subject, policy))]
  },
}

const LOST =
  'If the link fails during post copy the VM is lost: part of its memory is on each node.'

function ofCluster({ field, kind, network }: Subject, protecting: number): BareViolation {
  const there = kind === 'MigrationPolicy' ? ' in the HyperConverged' : ''
  return {
    field: field('allowPostCopy'),
    setting: 'allowPostCopy',
    value: true,
    message: `post copy is on${there}, and the migration network ${printable(network.name, 120)} is flagged unstable (${network.unstable}).`,
    consequence: LOST,
    fix: `set allowPostCopy to false${there}, or set network to a stable NetworkAttachmentDefinition`,
    identity: `cluster ${network.name}`,
    // Each MigrationPolicy that keeps post copy off spares some VMs: without it this is worse.
    severity: -protecting,
    bound: { network: network.name },
  }
}

function ofPolicy(
  { kind, field, network, subjectPolicy }: Subject,
  policy: MigrationPolicy,
): BareViolation {
  const { name } = policy
  const own = kind === 'MigrationPolicy' && name === subjectPolicy
  const shown = printable(name, 80)
  return {
    field: own || kind === 'HyperConverged' ? field('allowPostCopy') : 'spec',
    value: true,
    message: `MigrationPolicy ${shown} together with the cluster settings switches post copy on, and the migration network ${printable(network.name, 120)} is flagged unstable (${network.unstable}).`,
    consequence: LOST,
    fix: own
      ? 'set allowPostCopy to false in this policy, or migrate over a stable network'
      : `set allowPostCopy to false in MigrationPolicy ${shown}, or set network to a stable NetworkAttachmentDefinition`,
    // With other selectors it wins for other VMs.
    identity: `policy ${name} ${selectorsText(policy)} ${network.name}`,
    bound: { network: network.name, policy: name },
  }
}
