import type { AdmissionRequest } from '../core/admission-review.ts'
import { approvalsNeeded } from '../core/approval.ts'
import type { Approvals } from '../core/decision-context.ts'
import { isRuleId } from '../core/rule-ids.ts'
import type { Approver } from './world.ts'

/** The only call on the request path; with the rest it stays below the API server's 5 s. */
export const APPROVAL_WITHIN_MS = 2000

const NONE: Approvals = new Map()

/** Asks for the approvals that a request needs; whoever cannot be asked has not approved. */
export async function askApproval(
  approve: Approver,
  request: AdmissionRequest,
  signal: AbortSignal,
  within = APPROVAL_WITHIN_MS,
): Promise<Approvals> {
  // Nobody can approve what names no rule; asking only for the others bounds the calls that one request can cause.
  const needs = approvalsNeeded(request).filter(({ name }) => isRuleId(name))
  if (needs.length === 0) return NONE
  const controller = new AbortController()
  const { promise: stopped, reject } = Promise.withResolvers<never>()
  const stop = (reason: Error) => {
    controller.abort(reason)
    reject(reason)
  }
  const gone = () => stop(signal.reason)
  const late = () => stop(new Error(`no answer within ${within / 1000} s`))
  const timer = setTimeout(late, within)
  signal.addEventListener('abort', gone)
  try {
    return await Promise.race([approve(request, needs, controller.signal), stopped])
  } catch (error) {
    const detail = `the authoriser could not be asked: ${(error as Error).message}`
    return new Map(needs.map(({ name }) => [name, { granted: false, detail }]))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', gone)
  }
}
