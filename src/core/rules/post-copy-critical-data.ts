import { type CriticalGroup, sample, sampleText } from '../cluster-facts.ts'
import { GUIDANCE_SOURCE } from '../guidance.ts'
import { printable } from '../json.ts'
import { mergeMigrationPolicy } from '../migration-policy.ts'
import { isPostCopyEffective } from '../post-copy.ts'
import type { Rule } from '../rule.ts'
import type { Subject } from '../subject.ts'
import type { BareViolation } from '../violation.ts'

export const postCopyCriticalData: Rule = {
  id: 'post-copy-critical-data',
  title: 'Post copy where critical data is',
  enforcement: 'deny',
  trips:
    'post copy is effective in the cluster settings and critical data is declared on the HyperConverged or in the policy file, or it is effective for a running critical VM under the MigrationPolicy that wins for it',
  rationale:
    'A failed post copy cannot be undone: the VM dies with whatever its memory held that was not on disk yet.',
  source: `${GUIDANCE_SOURCE}: "should not be used for critical data"; kubevirt pull 14793`,
  remedy:
    'Switch post copy off, or protect the critical VMs with a MigrationPolicy that sets `allowPostCopy: false`.',
  waivable: true,
  kinds: ['HyperConverged', 'MigrationPolicy'],
  check: subject => [...declared(subject), ...observed(subject)],
}

const LOST = 'A VM whose post copy fails dies with what its memory held.'

function declared({ settings, criticalData, field, network }: Subject): readonly BareViolation[] {
  if (criticalData === null || !isPostCopyEffective(settings)) return []
  return [
    {
      field: field('allowPostCopy'),
      setting: 'allowPostCopy',
      value: true,
      message: `post copy is on, and critical data is declared (${criticalData}).`,
      consequence: LOST,
      fix: 'set allowPostCopy to false',
      identity: 'declared',
      bound: { network: network.name },
    },
  ]
}

function observed(subject: Subject): readonly BareViolation[] {
  const { settings, critical } = subject
  return [...Map.groupBy(critical, ({ winner }) => winner)]
    .filter(([winner]) =>
      isPostCopyEffective(winner === null ? settings : mergeMigrationPolicy(settings, winner)),
    )
    .map(([winner, groups]) => ofWinner(subject, winner?.name ?? null, groups))
}

function ofWinner(
  { field, network, kind }: Subject,
  winner: string | null,
  groups: readonly CriticalGroup[],
): BareViolation {
  const count = groups.reduce((sum, group) => sum + group.count, 0)
  const { examples } = sample(groups.flatMap(group => group.examples))
  const them = count === 1 ? 'it' : 'them'
  const cause =
    winner === null
      ? `post copy is on for ${them} in the cluster settings`
      : `MigrationPolicy ${printable(winner, 80)} wins for ${them} and leaves post copy on`
  return {
    field:
      kind === 'MigrationPolicy' && winner === null ? 'spec.selectors' : field('allowPostCopy'),
    value: true,
    message: `${count === 1 ? 'a critical VM runs' : `${count} critical VMs run`} (${sampleText({ count, examples })}), and ${cause}.`,
    consequence: LOST,
    fix:
      winner === null
        ? 'set allowPostCopy to false, or first protect these VMs with a MigrationPolicy that selects them and has allowPostCopy: false'
        : `set allowPostCopy to false in MigrationPolicy ${printable(winner, 80)}`,
    identity: `observed ${winner ?? ''}`,
    hits: groups.map(group => group.id),
    bound: winner === null ? { network: network.name } : { network: network.name, policy: winner },
  }
}
