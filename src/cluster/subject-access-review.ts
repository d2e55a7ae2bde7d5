import type { UserInfo } from '../core/admission-review.ts'
import type { Approval } from '../core/decision-context.ts'
import { isObject, own, textAt } from '../core/json.ts'
import type { Approver } from '../facts/approver.ts'
import type { ApiClient } from './api-client.ts'
import { explain } from './api-error.ts'
import { RecentGrants } from './recent-grants.ts'

export type ApproverOptions = {
  /** How long an answer is waited for. */
  readonly deadlineMs?: number
  /** How long a right that was granted is taken to last. */
  readonly cacheMs?: number
  readonly now?: () => number
}

/** The only call on the request path; with the rest of a decision it stays below the 4 s of an answer. */
const ANSWER_WITHIN_MS = 2000

/** Asks the API server by SubjectAccessReview (authorization.k8s.io/v1); whoever cannot be asked has not approved. */
export function createApprover(
  api: ApiClient,
  { deadlineMs = ANSWER_WITHIN_MS, cacheMs = 5000, now = Date.now }: ApproverOptions = {},
): Approver {
  const grants = new RecentGrants(cacheMs, now)
  const ask = async (question: object, signal: AbortSignal): Promise<Approval> => {
    const late = AbortSignal.timeout(deadlineMs)
    const limit = AbortSignal.any([signal, late])
    try {
      const call = { path: PATH, body: { ...REVIEW, spec: question }, signal: limit }
      const limits = { answerMs: deadlineMs, silenceMs: deadlineMs }
      return readAnswer(await api.json({ ...call, ...limits }))
    } catch (error) {
      if (late.aborted)
        return refused(`the authoriser did not answer within ${deadlineMs / 1000} s`)
      return refused(`the authoriser did not answer: ${explain(error)}`)
    }
  }
  return async ({ userInfo, namespace }, needs, signal) => {
    const names = [...new Set(needs.map(({ name }) => name))]
    const answers = names.map(async (name): Promise<readonly [string, Approval]> => {
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
