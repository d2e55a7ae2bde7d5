import type { AdmissionRequest } from '../../core/admission-review.ts'
import type { Approvals } from '../../core/decision-context.ts'
import { approvalsNeeded } from '../../core/exceptions/approval.ts'
import { isRuleId } from '../../core/rules/rule-ids.ts'
import type { Approver } from '../../facts/approver.ts'

const NONE: Approvals = new Map()

/** Asks for the approvals that a request needs; whoever cannot be asked has not approved. */
export async function askApproval(
  approve: Approver,
  request: AdmissionRequest,
  signal: AbortSignal,
): Promise<Approvals> {
  // Nobody can approve what names no rule; asking only for the others bounds the calls that one request can cause.
  const needs = approvalsNeeded(request).filter(({ name }) => isRuleId(name))
  if (needs.length === 0) return NONE
  try {
    return await approve(request, needs, signal)
  } catch (error) {
    const detail = `the authoriser could not be asked: ${(error as Error).message}`
    return new Map(needs.map(({ name }) => [name, { granted: false, detail }]))
  }
}
