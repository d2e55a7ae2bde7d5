import type { AdmissionRequest } from '../../core/admission-review.ts'
import { type Decision, decide } from '../../core/decision.ts'
import type { DecisionContext } from '../../core/decision-context.ts'
import { approvalsNeeded } from '../../core/exceptions/approval.ts'
import { type PatchOperation, setAt } from '../../core/filling/patch.ts'
import type { JsonObject } from '../../core/json.ts'
import { parsePointer } from '../../core/json-patch/json-pointer.ts'
import type { Approver } from '../../facts/approver.ts'

/** What every object of a run is judged with. */
export type JudgeContext = Omit<DecisionContext, 'approvals'> & { readonly approve: Approver }

/** The two decisions of a request: what would be filled, and what is said of the object with that in it. */
export type Judged = { readonly filling: Decision; readonly decision: Decision }

/** Judges a request in the order of the API server: mutate first, then validate what came of it. */
export async function judgeRequest(
  request: AdmissionRequest,
  { approve, ...rest }: JudgeContext,
): Promise<Judged> {
  const approvals = await approve(request, approvalsNeeded(request), AbortSignal.timeout(2000))
  const context = { ...rest, approvals }
  const filling = decide('mutate', request, context)
  const object = request.object === null ? null : patched(request.object, filling.patch)
  return { filling, decision: decide('validate', { ...request, object }, context) }
}

function patched(object: JsonObject, patch: readonly PatchOperation[]): JsonObject {
  const apply = (before: unknown, operation: PatchOperation) =>
    setAt(
      before,
      parsePointer(operation.path),
      operation.op === 'remove' ? undefined : operation.value,
    )
  return patch.reduce<unknown>(apply, object) as JsonObject
}
