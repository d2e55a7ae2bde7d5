import { toAdmissionReview } from '../core/admission-response.ts'
import { parseAdmissionReview } from '../core/admission-review.ts'
import { decide, fail } from '../core/decision.ts'
import type { DecisionContext } from '../core/decision-context.ts'

/** The answer that a review would get at /validate with nobody's approval; nothing is recorded or counted. */
export function previewReview(
  review: unknown,
  grounds: Pick<DecisionContext, 'facts' | 'policy' | 'now' | 'readYaml'> & {
    readonly policyHash: string
  },
): object {
  const { apiVersion, uid, request, failure } = parseAdmissionReview(review)
  const context = { ...grounds, approvals: new Map() }
  const decision = failure ? fail('validate', uid, failure) : decide('validate', request, context)
  return toAdmissionReview(apiVersion, decision, { ...grounds, record: null })
}
