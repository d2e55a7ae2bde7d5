import type { AdmissionRequest, UserInfo } from '../core/admission-review.ts'
import type { ApprovalNeed } from '../core/approval.ts'
import type { Approval, Approvals } from '../core/decision-context.ts'
import { isObject, own, textAt } from '../core/json.ts'
import type { ApiClient } from './api-client.ts'
import { explain } from './api-error.ts'
import { RecentGrants } from './recent-grants.ts'

export type ApproverOptions = {
  readonly deadlineMs?: number
  /** How long a right that was granted is taken to last. */
  readonly cacheMs?: number
  readonly now?: () => number
}

/** Says whether the author of a request may approve what in it needs approval. */
export type ClusterApprover = (
  request: AdmissionRequest,
  needs: readonly ApprovalNeed[],
  signal: AbortSignal,
) => Promise<Approvals>

// Rule ids are labels of RFC 1123; a name that is none cannot name a rule, and nobody can approve it.
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
// More than there are rules; a request must not make the authoriser answer thousands of questions.
const MOST_NAMES = 32

/** Asks the API server by SubjectAccessReview (authorization.k8s.io/v1); whoever cannot be asked has not approved. */
export function createApprover(
  api: ApiClient,
  { deadlineMs = 2000, cacheMs = 5000, now = Date.now }: ApproverOptions = {},
): ClusterApprover {
  const grants = new RecentGrants(cacheMs, now)
  const ask = async (question: object, signal: AbortSignal): Promise<Approval> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)])
    try {
      const call = { path: PATH, body: { ...REVIEW, spec: question }, signal: limit }
      const limits = { answerMs: deadlineMs, silenceMs: deadlineMs }
      return readAnswer(await api.json({ ...call, ...limits }))
    } catch (error) {
      const why = limit.aborted ? `not within ${deadlineMs / 1000} s` : explain(error)
      return refused(`the authoriser did not answer: ${why}`)
    }
  }
  return async ({ userInfo, namespace }, needs, signal) => {
    const names = [...new Set(needs.map(({ name }) => name))]
    const answers = names.map(async (name, index): Promise<readonly [string, Approval]> => {
      if (!NAME.test(name)) return [name, refused('no rule can have this name')]
      if (index >= MOST_NAMES) return [name, refused(`more than ${MOST_NAMES} at a time`)]
      const question = questionOf(userInfo, namespace, name)
      const key = JSON.stringify(question)
      if (grants.has(key)) return [name, GRANTED]
      const approval = await ask(question, signal)
      if (approval.granted) grants.add(key)
      return [name, approval]
    })
    return new Map(await Promise.all(answers))
  }
}

const PATH = '/apis/authorization.k8s.io/v1/subjectaccessreviews'
const REVIEW = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' }
const GRANTED: Approval = { granted: true, detail: '' }

function refused(detail: string): Approval {
  return { granted: false, detail }
}

// Everything that an authoriser may look at, keys in one order: the text is what answers are remembered by.
function questionOf({ username, uid, groups, extra }: UserInfo, namespace: string, name: string) {
  const sorted = Object.entries(extra).sort(([left], [right]) => (left < right ? -1 : 1))
  const attributes = { verb: 'approve', group: 'migration-guard.io', resource: 'exceptions' }
  return {
    user: username,
    uid,
    groups,
    extra: Object.fromEntries(sorted),
    resourceAttributes: { ...attributes, namespace, name },
  }
}

function readAnswer(review: unknown): Approval {
  const status = own(review, 'status')
  if (!isObject(status) || typeof own(status, 'allowed') !== 'boolean')
    return refused('the authoriser gave no answer that can be read')
  if (own(status, 'allowed') === true && own(status, 'denied') !== true) return GRANTED
  const reason = textAt(status, ['reason']) || textAt(status, ['evaluationError'])
  return refused(reason || 'no role grants the right')
}
