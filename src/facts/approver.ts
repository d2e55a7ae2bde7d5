import type { AdmissionRequest } from '../core/admission-review.ts'
import type { Approvals } from '../core/decision-context.ts'
import type { ApprovalNeed } from '../core/exceptions/approval.ts'

/** Says whether the author of a request may approve what in it needs approval; may be slow, may reject. */
export type Approver = (
  request: AdmissionRequest,
  needs: readonly ApprovalNeed[],
  signal: AbortSignal,
) => Promise<Approvals>

/** Without a cluster, the users named by `--approver` may approve everything and nobody else anything. */
export function namedApprovers(names: readonly string[]): Approver {
  const approvers = new Set(names)
  return async ({ userInfo: { username } }, needs) => {
    const granted = approvers.has(username)
    const detail = granted ? '' : 'only users named by --approver may, as no cluster is asked'
    return new Map(needs.map(({ name }) => [name, { granted, detail }]))
  }
}
