import type { AdmissionRequest } from '../admission-review.ts'
import {
  annotationPath,
  annotationsOf,
  DATA,
  EXCEPTION_PREFIX,
  NETWORK_STABILITY,
  word,
} from '../annotations.ts'
import type { Approval, Approvals } from '../decision-context.ts'
import { isRuleId, type RuleId } from '../rules/rule-ids.ts'
import { HCO_GROUP } from '../settings/hyperconverged.ts'

/** Something in a request that takes the right to approve exceptions to a rule. */
export type ApprovalNeed = {
  /** The resource name asked for: what stands after the exception prefix, or the rule that a declaration feeds. */
  readonly name: string
  readonly field: string
  /** What the request does, as it continues "…, which needs approval". */
  readonly action: string
}

/** A need for approval that was not granted, with the author and the authoriser's words. */
export type Unapproved = ApprovalNeed & { readonly username: string; readonly detail: string }

/**
 * What in a request needs approval: every annotation under the exception prefix that is added or changed, readable or not,
 * and every declaration on a HyperConverged that is weakened. Removing an exception needs none.
 */
export function approvalsNeeded(request: AdmissionRequest): readonly ApprovalNeed[] {
  if (request.object === null || request.operation === 'DELETE') return []
  const after = annotationsOf(request.object)
  const before = annotationsOf(request.oldObject)
  const needs: ApprovalNeed[] = []
  for (const [key, text] of Object.entries(after))
    if (key.startsWith(EXCEPTION_PREFIX) && before[key] !== text)
      needs.push({
        name: key.slice(EXCEPTION_PREFIX.length),
        field: annotationPath(key),
        action: before[key] === undefined ? 'adds an exception to' : 'changes the exception to',
      })
  if (request.kind.group === HCO_GROUP) needs.push(...weakened(before, after))
  return needs
}

const DECLARATIONS: readonly (readonly [key: string, value: string, rule: RuleId])[] = [
  [DATA, 'critical', 'post-copy-critical-data'],
  [NETWORK_STABILITY, 'unstable', 'post-copy-unstable-network'],
]

function weakened(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): ApprovalNeed[] {
  return DECLARATIONS.filter(
    ([key, value]) => word(before[key]) === value && word(after[key]) !== value,
  ).map(([key, value, name]) => ({
    name,
    field: annotationPath(key),
    action: `takes back the declaration ${key}: ${value}, that feeds`,
  }))
}

const UNANSWERED: Approval = { granted: false, detail: 'nobody could be asked' }
const NO_SUCH_RULE: Approval = { granted: false, detail: 'there is no such rule to approve' }

/** What in a request needs approval and did not get it. */
export function findUnapproved(
  request: AdmissionRequest,
  approvals: Approvals,
): readonly Unapproved[] {
  return approvalsNeeded(request).flatMap(need => {
    const { granted, detail } = isRuleId(need.name)
      ? (approvals.get(need.name) ?? UNANSWERED)
      : NO_SUCH_RULE
    return granted ? [] : [{ ...need, username: request.userInfo.username, detail }]
  })
}
