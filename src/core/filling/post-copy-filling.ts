import { PINNED, WORKLOAD_PROFILE } from '../annotations.ts'
import { own } from '../json.ts'
import { GUIDANCE } from '../settings/guidance.ts'
import { type Evidence, ownerOf } from './field-ownership.ts'
import type { FillContext, FilledField } from './filling.ts'

type Proposal = { readonly fields: readonly FilledField[]; readonly hints: readonly string[] }

/**
 * Proposes `allowPostCopy` and what makes it work.
 *
 * allowPostCopy is filled when it is absent or heavy workloads are declared or observed; allowWorkloadDisruption when post
 * copy is switched on in this request, by the user or by filling. Neither where post copy would endanger a VM, nor where it
 * would stay inert; then a hint says why. An edit that neither changes a setting nor declares anything adds none of it.
 */
export function proposePostCopy(evidence: Evidence, context: FillContext): Proposal {
  const { block, stock } = evidence
  if (!stock.known.includes('allowPostCopy')) return { fields: [], hints: [] }
  const value = own(block, 'allowPostCopy')
  if (value === true) return completePostCopy(evidence, context)
  if (!context.mayAddPostCopy || ownerOf('allowPostCopy', evidence) !== 'open')
    return { fields: [], hints: [] }
  if (value !== undefined && value !== null && context.profile.source === 'assumed')
    return {
      fields: [],
      hints: [
        `allowPostCopy: true is the guidance for heavy workloads, but that they run here is only assumed; to have it filled, declare annotation ${WORKLOAD_PROFILE}: heavy`,
      ],
    }
  const against = context.againstPostCopy ?? inertBecause(evidence)
  if (against !== null)
    return {
      fields: [],
      hints: [
        `allowPostCopy is not filled: ${against}; to leave it so without a word, add annotation ${PINNED}: allowPostCopy`,
      ],
    }
  const fields: FilledField[] = [
    {
      name: 'allowPostCopy',
      value: GUIDANCE.allowPostCopy,
      because: 'so that a migration that cannot finish otherwise does',
    },
  ]
  return { fields: needsDisruption(evidence) ? [...fields, DISRUPTION] : fields, hints: [] }
}

const DISRUPTION: FilledField = {
  name: 'allowWorkloadDisruption',
  value: true,
  because: 'because allowPostCopy does nothing without it',
}

function completePostCopy(evidence: Evidence, context: FillContext): Proposal {
  if (!needsDisruption(evidence)) return { fields: [], hints: [] }
  const { update, oldBlock } = evidence
  const wasOn = update && own(oldBlock, 'allowPostCopy') === true
  // Where both were on, a file that names only one of them does not switch post copy off.
  if (wasOn && own(oldBlock, 'allowWorkloadDisruption') !== true)
    return {
      fields: [],
      hints: [
        'allowPostCopy is true but does nothing without allowWorkloadDisruption: true; it is not filled, because this request is about something else',
      ],
    }
  const against = context.againstPostCopy ?? timeoutOff(evidence)
  if (against !== null)
    return {
      fields: [],
      hints: [`allowWorkloadDisruption is not filled, so allowPostCopy does nothing: ${against}`],
    }
  return { fields: [DISRUPTION], hints: [] }
}

function needsDisruption(evidence: Evidence): boolean {
  return (
    evidence.stock.known.includes('allowWorkloadDisruption') &&
    own(evidence.block, 'allowWorkloadDisruption') !== true &&
    ownerOf('allowWorkloadDisruption', evidence) === 'open'
  )
}

function inertBecause(evidence: Evidence): string | null {
  const disruption = own(evidence.block, 'allowWorkloadDisruption')
  if (disruption === false && !needsDisruption(evidence))
    return 'it would do nothing while allowWorkloadDisruption is false'
  return timeoutOff(evidence)
}

function timeoutOff({ block }: Evidence): string | null {
  return own(block, 'completionTimeoutPerGiB') === 0
    ? 'it would do nothing while completionTimeoutPerGiB is 0'
    : null
}
