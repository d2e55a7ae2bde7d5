import type { AdmissionRequest, Failure } from './admission-review.ts'
import { conclude, type Decision, type Webhook } from './conclude.ts'
import type { DecisionContext } from './decision-context.ts'
import { approvalsNeeded } from './exceptions/approval.ts'
import { fillRequest } from './filling/fill-request.ts'
import { NOTHING_FILLED } from './filling/filling.ts'
import { judge } from './judging/judge.ts'
import { findNotes } from './messages/notes.ts'
import { isOperatorPod } from './operator.ts'
import { findScope } from './scope.ts'

export type { Decision, Outcome, Webhook } from './conclude.ts'

/** Decides a request: what does it concern, what does it introduce, what does it leave open. The same input, the same answer. */
export function decide(
  webhook: Webhook,
  request: AdmissionRequest,
  context: DecisionContext,
): Decision {
  const { uid } = request
  const scope = findScope(request)
  if (typeof scope === 'string') return fail(webhook, uid, { code: 400, message: scope }, request)
  if (scope.exempt) return conclude({ webhook, uid, request })
  const guarded = scope.settingsChanged || scope.annotationsChanged
  if (guarded && webhook === 'validate' && !context.facts.synced)
    return fail(webhook, uid, { code: 503, message: NOT_SYNCED }, request)

  const { states, findings, improves } = judge(request, scope, context)
  const filling =
    webhook === 'mutate' ? fillRequest(request, scope, states, context) : NOTHING_FILLED
  return conclude({
    webhook,
    uid,
    request,
    guarded,
    findings,
    filling,
    repair:
      improves &&
      approvalsNeeded(request).length === 0 &&
      findings.every(({ change }) => change === 'kept'),
    operator: isOperatorPod(request, context.policy),
    notes: [...findNotes(request, states, context), ...filling.notes],
    profile: states.situation.profile,
  })
}

const NOT_SYNCED =
  'the guard has just started and does not know the networks and VMs of the cluster yet; try again in a moment'

/** The decision where nothing could be judged: refused at `validate`, let through untouched by the webhooks that only help. */
export function fail(
  webhook: Webhook,
  uid: string | null,
  failure: Failure,
  request: AdmissionRequest | null = null,
): Decision {
  return conclude({ webhook, uid, request, failure, guarded: true })
}
