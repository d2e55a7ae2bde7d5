import { type Decision, fail } from '../../core/decision.ts'
import { printable } from '../../core/json.ts'
import type { Policy } from '../../core/policy.ts'

/** What goes out instead of a decision whose record cannot be written. */
export type Unrecorded = { readonly decision: Decision; readonly warnings: readonly string[] }

/**
 * By the default policy nothing guarded changes without a record, except what only repairs: the guard must not be the
 * reason why an unsafe setting stays. What is refused anyway keeps its reasons, and what is not guarded passes.
 */
export function withoutRecord(decision: Decision, policy: Policy, error: Error): Unrecorded {
  const why = `the audit log cannot be written (${printable(error.message, 120)})`
  const refuse =
    decision.webhook === 'validate' &&
    decision.allowed &&
    decision.guarded &&
    !decision.repair &&
    policy.audit.onFailure === 'deny'
  if (!refuse)
    return {
      decision,
      warnings: [`${why}; the record of this decision is on the guard's standard error`],
    }
  const message = `${why}, and the policy lets no guarded change pass without a record (audit.onFailure: deny). ${remedy(error)} Or set audit.onFailure: allow in the policy. Changes that only repair still pass.`
  const failure = { code: 500, message } as const
  return { decision: fail('validate', decision.uid, failure, decision.request), warnings: [] }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: 'Free space on the volume of the audit log.',
  EDQUOT: 'Raise the quota of the volume of the audit log.',
  EROFS: 'Mount the volume of the audit log writable.',
  EACCES: 'Let the guard write the file and its folder.',
  EPERM: 'Let the guard write the file and its folder.',
  EIO: 'The disk under the audit log fails: move the log elsewhere.',
}

function remedy(error: Error): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return REMEDIES[code] ?? "See the guard's own log for the cause."
}
