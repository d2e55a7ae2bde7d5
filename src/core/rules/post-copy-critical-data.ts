import { type CriticalGroup, sample, sampleText } from '../facts/cluster-facts.ts'
import { type MigrationPolicy, mergeMigrationPolicy } from '../facts/migration-policy.ts'
import { EVERY, selects } from '../facts/selection.ts'
import type { Spare } from '../facts/spare.ts'
import { printable } from '../json.ts'
import type { Subject } from '../judging/subject.ts'
import { GUIDANCE_SOURCE } from '../settings/guidance.ts'
import { isPostCopyEffective } from '../settings/post-copy.ts'
import {
  clusterPostCopy,
  findPostCopyReach,
  hasPostCopyByItself,
  NO_SELECTORS,
  type PolicyReach,
  policyField,
} from './post-copy-reach.ts'
import type { Rule } from './rule.ts'
import type { BareViolation } from './violation.ts'

export const postCopyCriticalData: Rule = {
  id: 'post-copy-critical-data',
  title: 'Post copy where critical data is',
  enforcement: 'deny',
  trips:
    'critical data is declared on the HyperConverged or in the policy file, and post copy is effective in the cluster settings or by a MigrationPolicy for every VM (warns of one that selects some); or post copy is effective for a running critical VM under the MigrationPolicy that wins for it',
  rationale:
    'A failed post copy cannot be undone: the VM dies with whatever its memory held that was not on disk yet.',
  source: `${GUIDANCE_SOURCE}: "should not be used for critical data"; kubevirt pull 14793`,
  remedy:
    'Switch post copy off, or protect the critical VMs with a MigrationPolicy that sets `allowPostCopy: false`. What is critical is declared: by label `migration-guard.io/data: critical` on the VM or its namespace, for the whole cluster as annotation on the HyperConverged or in the policy (docs/declare.md).',
  waivable: true,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: subject => [...declared(subject), ...observed(subject)],
}

const LOST = 'A VM whose post copy fails dies with what its memory held.'

const DECLARED = 'declared'

function declared(subject: Subject): readonly BareViolation[] {
  const { settings, policies, criticalData } = subject
  if (criticalData === null) return []
  const reach = findPostCopyReach(settings, policies)
  return [
    ...(reach.cluster === null ? [] : [declaredForCluster(subject, reach.cluster.spares)]),
    ...reach.policies.map(each => declaredForPolicy(subject, each)),
  ]
}

function declaredForCluster(subject: Subject, spares: readonly Spare[]): BareViolation {
  const { criticalData, kind, network } = subject
  const there = kind === 'MigrationPolicy' ? ' in the HyperConverged' : ''
  return {
    ...clusterPostCopy(subject),
    message: `post copy is on${there}, and critical data is declared (${criticalData}).`,
    consequence: LOST,
    fix: `set allowPostCopy to false${there}`,
    identity: DECLARED,
    spares,
    bound: { network: network.name },
  }
}

// Where the critical data is, a declaration does not tell. A policy for every VM reaches it for sure; one that selects some
// is how post copy is given to those without.
function declaredForPolicy(
  subject: Subject,
  { policy, spares, byItself, follows, implied }: PolicyReach,
): BareViolation {
  const { criticalData, network } = subject
  const { labels } = policy
  const every = selects(labels, EVERY)
  const shown = printable(policy.name, 80)
  return {
    field: policyField(subject, policy.name),
    value: null,
    message: `MigrationPolicy ${shown} ${labels === null ? NO_SELECTORS : `switches post copy on for ${every ? 'every VM' : 'the VMs it selects'}`}, and critical data is declared (${criticalData}).`,
    consequence: LOST,
    fix: every
      ? `set allowPostCopy to false in MigrationPolicy ${shown}, or select only VMs without critical data`
      : `see to it that MigrationPolicy ${shown} selects no VM with critical data; label these VMs or their namespaces migration-guard.io/data: critical to have it checked`,
    identity: `${DECLARED} policy ${policy.name}`,
    labels,
    spares,
    // Switching the cluster settings off would not switch it off.
    severity: byItself ? 1 : 0,
    ...(byItself && { cause: policy.name }),
    ...(implied && { impliedBy: DECLARED }),
    ...(follows && { coveredWith: [{ network: network.name }] }),
    bound: { network: network.name, policy: policy.name },
    ...(every ? {} : { atMost: 'warn' as const }),
  }
}

function observed(subject: Subject): readonly BareViolation[] {
  const { settings, critical } = subject
  return [...Map.groupBy(critical, ({ winner }) => winner)]
    .filter(([winner]) =>
      isPostCopyEffective(winner === null ? settings : mergeMigrationPolicy(settings, winner)),
    )
    .map(([winner, groups]) => ofWinner(subject, winner, groups))
}

function ofWinner(
  subject: Subject,
  policy: MigrationPolicy | null,
  groups: readonly CriticalGroup[],
): BareViolation {
  const { network, settings } = subject
  const winner = policy?.name ?? null
  const byItself = policy !== null && hasPostCopyByItself(settings, policy)
  const count = groups.reduce((sum, group) => sum + group.count, 0)
  const { examples } = sample(groups.flatMap(group => group.examples))
  const them = count === 1 ? 'it' : 'them'
  const cause =
    winner === null
      ? `post copy is on for ${them} in the cluster settings`
      : `MigrationPolicy ${printable(winner, 80)} wins for ${them} and leaves post copy on`
  return {
    ...(winner === null
      ? clusterPostCopy(subject)
      : { field: policyField(subject, winner), value: null }),
    message: `${count === 1 ? 'a critical VM runs' : `${count} critical VMs run`} (${sampleText({ count, examples })}), and ${cause}.`,
    consequence: LOST,
    fix:
      winner === null
        ? 'set allowPostCopy to false, or first protect these VMs with a MigrationPolicy that selects them and has allowPostCopy: false'
        : `set allowPostCopy to false in MigrationPolicy ${printable(winner, 80)}`,
    identity: `observed ${winner ?? ''}`,
    // Switching the cluster settings off would not help a VM that has it by its policy.
    hits: groups.flatMap(({ id }) => (byItself ? [id, `${id} by its policy`] : [id])),
    ...(byItself && { cause: policy.name }),
    ...(policy !== null &&
      !byItself &&
      isPostCopyEffective(settings) && { coveredWith: [{ network: network.name }] }),
    bound: winner === null ? { network: network.name } : { network: network.name, policy: winner },
  }
}
