import type { AdmissionRequest } from '../core/admission-review.ts'
import { approvalsNeeded } from '../core/approval.ts'
import type { Approvals } from '../core/decision-context.ts'
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
  const needs = approvalsNeeded(request)
  if (needs.length === 0) return NONE
  const limit = AbortSignal.any([signal, AbortSignal.timeout(within)])
  try {
    return await Promise.race([approve(request, needs, limit), rejection(limit)])
  } catch (error) {
    const detail = limit.aborted
      ? `the authoriser did not answer within ${within / 1000} s`
      : `the authoriser cannot be asked: ${(error as Error).message}`
    return new Map(needs.map(({ name }) => [name, { granted: false, detail }]))
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}
