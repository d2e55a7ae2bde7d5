import { parseAdmissionReview } from '../../core/admission-review.ts'
import { describe } from './describe.ts'
import { type JudgeContext, judgeRequest } from './judge-request.ts'
import { placeOf } from './place.ts'
import type { CheckedObject, Problem } from './report.ts'
import type { Located } from './sort-objects.ts'

/** Judges a recorded AdmissionReview as the server would; one that it would answer with a failure is a problem. */
export async function checkReview(
  review: Located,
  context: JudgeContext,
): Promise<{ readonly object: CheckedObject } | { readonly problem: Problem }> {
  const place = placeOf(review.document, review.path)
  const { request, failure } = parseAdmissionReview(review.object)
  if (failure) return { problem: { ...place, text: failure.message } }
  const judged = await judgeRequest(request, context)
  if (judged.decision.failure)
    return { problem: { ...place, text: judged.decision.failure.message } }
  const { kind, namespace, name, operation, userInfo } = request
  const identified = {
    source: 'review',
    apiVersion: `${kind.group}/${kind.version}`,
    kind: kind.kind === 'MigrationPolicy' ? 'MigrationPolicy' : 'HyperConverged',
    namespace,
    name,
    operation,
    user: userInfo.username,
  } as const
  const base = ['request', request.object === null ? 'oldObject' : 'object']
  return { object: describe(review, base, identified, judged, context) }
}
