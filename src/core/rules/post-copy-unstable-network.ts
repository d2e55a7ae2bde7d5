import type { Spare } from '../facts/spare.ts'
import { printable } from '../json.ts'
import type { Subject } from '../judging/subject.ts'
import { GUIDANCE_SOURCE } from '../settings/guidance.ts'
import {
  clusterPostCopy,
  findPostCopyReach,
  NO_SELECTORS,
  type PolicyReach,
  policyField,
} from './post-copy-reach.ts'
import type { Rule } from './rule.ts'
import type { BareViolation } from './violation.ts'

export const postCopyUnstableNetwork: Rule = {
  id: 'post-copy-unstable-network',
  title: 'Post copy on a network that is flagged unstable',
  enforcement: 'deny',
  trips:
    'post copy is effective in the cluster settings, or in their merge with any MigrationPolicy (whether or not it matches a VM yet), and the migration network is flagged unstable',
  rationale:
    'During post copy the guest runs on the target while part of its memory is still on the source. If the network breaks then, neither side has the whole VM: it is lost.',
  source: `${GUIDANCE_SOURCE}, note on post copy; kubevirt pull 11479`,
  remedy:
    'Switch post copy off, or migrate over a stable network. Which network is unstable is declared: by `migration-guard.io/network-stability` as label or annotation on the NetworkAttachmentDefinition, for the pod network as annotation on the HyperConverged, or in the policy (docs/declare.md).',
  waivable: true,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: subject => {
    const { network, settings, policies } = subject
    if (network.unstable === null) return []
    const reach = findPostCopyReach(settings, policies)
    return [
      ...(reach.cluster === null ? [] : [ofCluster(subject, reach.cluster.spares)]),
      ...reach.policies.map(each => ofPolicy(subject, each)),
    ]
  },
}

const LOST =
  'If the link fails during post copy the VM is lost: part of its memory is on each node.'

function identityOfCluster({ network }: Subject): string {
  return `cluster ${network.name}`
}

function ofCluster(subject: Subject, spares: readonly Spare[]): BareViolation {
  const { kind, network } = subject
  const there = kind === 'MigrationPolicy' ? ' in the HyperConverged' : ''
  return {
    ...clusterPostCopy(subject),
    message: `post copy is on${there}, and the migration network ${printable(network.name, 120)} is flagged unstable (${network.unstable}).`,
    consequence: LOST,
    fix: `set allowPostCopy to false${there}, or set network to a stable NetworkAttachmentDefinition${kind === 'MigrationPolicy' ? ', or leave the VMs that were spared to a policy with allowPostCopy: false' : ''}`,
    identity: identityOfCluster(subject),
    spares,
    bound: { network: network.name },
  }
}

function ofPolicy(
  subject: Subject,
  { policy, spares, byItself, follows, implied }: PolicyReach,
): BareViolation {
  const { kind, network, subjectPolicy } = subject
  const { name, labels } = policy
  const own = kind === 'MigrationPolicy' && name === subjectPolicy
  const shown = printable(name, 80)
  return {
    field: policyField(subject, name),
    value: null,
    message: `MigrationPolicy ${shown} together with the cluster settings ${labels === null ? NO_SELECTORS : 'switches post copy on for the VMs it selects'}, and the migration network ${printable(network.name, 120)} is flagged unstable (${network.unstable}).`,
    consequence: LOST,
    fix: own
      ? 'set allowPostCopy to false in this policy, or migrate over a stable network'
      : `set allowPostCopy to false in MigrationPolicy ${shown}, or set network to a stable NetworkAttachmentDefinition`,
    identity: `policy ${name} ${network.name}`,
    labels,
    spares,
    // Switching the cluster settings off would not switch it off.
    severity: byItself ? 1 : 0,
    ...(byItself && { cause: name }),
    ...(implied && { impliedBy: identityOfCluster(subject) }),
    ...(follows && { coveredWith: [{ network: network.name }] }),
    bound: { network: network.name, policy: name },
  }
}
