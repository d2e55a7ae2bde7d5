import type { Enforcement } from '../policy.ts'
import type { Violation } from '../rules/violation.ts'

/** A violation with what the request did to it and what follows. */
export type Finding = Violation & {
  readonly enforcement: Exclude<Enforcement, 'off'>
  /** `introduced`: new, worse, or stripped of its exception by this request. `kept`: there before, not worse. */
  readonly change: 'introduced' | 'kept'
  /** The exception that excuses it. */
  readonly exception: { readonly expires: string; readonly reason: string } | null
  /** What else has to be known of it, as a sentence. */
  readonly remark: string | null
  /** `deny` refuses the request, `warn` and `excused` are shown, `record` goes to the audit log alone. */
  readonly effect: 'deny' | 'warn' | 'excused' | 'record'
}
