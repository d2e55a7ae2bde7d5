// The answer to a change of the settings, as the API server gets it.
import { type Stamps, toAdmissionReview } from '../../src/core/admission-response.ts'
import { type Decision, decide } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { contextOf, NOW } from './decide.ts'
import { stored } from './eras.ts'
import { requestOf, type Texts, type Values } from './review.ts'

const V1 = 'admission.k8s.io/v1'

export const stamps: Stamps = {
  now: NOW,
  policy: DEFAULT_POLICY,
  policyHash: 'sha256:abc',
  record: { sequence: 7, hash: 'def' },
}

type Response = {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: {
    readonly code: number
    readonly message: string
    readonly reason: string
    readonly details: { readonly causes: readonly Values[] } & Values
  }
  readonly patch?: string
  readonly patchType?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations: Texts
}

/** The response in which a decision is said. */
export function answer(decision: Decision, changes: Partial<Stamps> = {}): Response {
  const review = toAdmissionReview(V1, decision, { ...stamps, ...changes })
  return (review as { response: Response }).response
}

/** The decision about these settings, in place of the old ones where there are any. */
export function decided(
  settings: Values,
  annotations: Texts = {},
  old: Values | null = null,
  context: Partial<DecisionContext> = {},
  webhook: 'validate' | 'advise' | 'mutate' = 'validate',
): Decision {
  const oldObject = old && stored('1.20', old)
  const operation = old === null ? 'CREATE' : 'UPDATE'
  const request = requestOf(operation, stored('1.20', settings, annotations), oldObject)
  return decide(webhook, request, contextOf(context))
}
