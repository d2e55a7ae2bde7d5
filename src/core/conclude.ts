import type { AdmissionRequest, Failure } from './admission-review.ts'
import type { Profile } from './facts/profile.ts'
import {
  type FilledField,
  type Filling,
  type FillingEvidence,
  NOTHING_FILLED,
} from './filling/filling.ts'
import type { PatchOperation } from './filling/patch.ts'
import type { Finding } from './judging/finding.ts'
import type { Note } from './messages/note.ts'

/** The three webhooks: only `validate` may refuse. */
export type Webhook = 'validate' | 'advise' | 'mutate'

/** How a request ends; `allowed-operator` would have been denied to anybody else. */
export type Outcome = 'allowed' | 'denied' | 'allowed-by-exception' | 'allowed-operator'

/** Everything an answer, an audit record and a metric are made of. */
export type Decision = {
  readonly webhook: Webhook
  readonly uid: string | null
  readonly request: AdmissionRequest | null
  readonly allowed: boolean
  readonly outcome: Outcome
  /** 200, 403 or 422, or the code of the failure. */
  readonly code: number
  readonly failure: Failure | null
  /** True when the request changes something that is guarded. */
  readonly guarded: boolean
  /** True when it removes or lowers a violation that would be refused, introduces nothing and needs nobody's approval. */
  readonly repair: boolean
  readonly findings: readonly Finding[]
  readonly notes: readonly Note[]
  readonly filled: readonly FilledField[]
  readonly patch: readonly PatchOperation[]
  readonly evidence: FillingEvidence | null
  readonly profile: Profile | null
}

/** What a decision is made of; what is left out did not happen. */
export type DecisionParts = Pick<Decision, 'webhook' | 'uid' | 'request'> &
  Partial<Pick<Decision, 'failure' | 'guarded' | 'repair' | 'findings' | 'notes' | 'profile'>> & {
    readonly filling?: Filling
    /** True when the author is HCO's operator pod, which is never refused. */
    readonly operator?: boolean
  }

/** Concludes a decision. The only place that computes `allowed`. */
export function conclude(parts: DecisionParts): Decision {
  const { webhook, uid, request, failure = null, findings = [], operator = false } = parts
  const denials = findings.filter(({ effect }) => effect === 'deny')
  const refused = failure !== null || (denials.length > 0 && !operator)
  const allowed = webhook !== 'validate' || !refused
  const { filled, patch, evidence } = parts.filling ?? NOTHING_FILLED
  return {
    webhook,
    uid,
    request,
    allowed,
    outcome: outcomeOf(allowed, operator && denials.length > 0, findings),
    code: failure?.code ?? (allowed ? 200 : codeOf(denials)),
    failure,
    guarded: parts.guarded ?? false,
    repair: parts.repair ?? false,
    findings,
    notes: parts.notes ?? [],
    filled,
    patch,
    evidence,
    profile: parts.profile ?? null,
  }
}

function outcomeOf(allowed: boolean, spared: boolean, findings: readonly Finding[]): Outcome {
  if (!allowed) return 'denied'
  if (spared) return 'allowed-operator'
  const excused = findings.some(
    ({ effect, change, enforcement }) =>
      effect === 'excused' && change === 'introduced' && enforcement === 'deny',
  )
  return excused ? 'allowed-by-exception' : 'allowed'
}

// 422 Invalid tells a client that no right and no exception would help.
function codeOf(denials: readonly Finding[]): 403 | 422 {
  return denials.every(({ rule }) => rule === 'invalid-value') ? 422 : 403
}
