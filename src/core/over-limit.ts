import type { Policy } from './policy.ts'
import { levelOf } from './rule.ts'
import type { Subject } from './subject.ts'
import type { Violation } from './violation.ts'

type LimitedField = keyof Policy['limits']
type Words = {
  readonly rule: 'parallel-migrations-too-high' | 'outbound-migrations-too-high'
  readonly consequence: string
  readonly guidance: number
}

/** The violation of a number above the limits of the profile, if it is. */
export function overLimit(
  subject: Subject,
  name: LimitedField,
  words: Words,
): readonly Violation[] {
  const value = subject.settings[name]
  const limits = subject.policy.limits[name][subject.profile.name]
  const level = value === undefined ? undefined : levelOf(value, limits)
  if (value === undefined || level === undefined) return []
  const field = subject.field(name)
  const limit = level === 'deny' ? limits.deny : limits.warn
  return [
    {
      rule: words.rule,
      level,
      field,
      setting: name,
      value,
      message: `${level === 'deny' ? `at most ${limit} are allowed` : `more than ${limit} is a lot`} ${workloads(subject)}.`,
      consequence: words.consequence,
      fix: `set ${name} to ${limit} or less${limit === words.guidance ? '' : ` (guidance: ${words.guidance})`}${level === 'deny' ? declareHint(subject) : ''}`,
      identity: name,
      severity: value,
      bound: { [name]: value },
    },
  ]
}

// "with heavy workloads (observed: db/big)".
function workloads({ profile }: Subject): string {
  return `${profile.name === 'heavy' ? 'with' : 'without'} heavy workloads (${profile.because})`
}

// How to say that no heavy workload runs, where that is only assumed.
function declareHint({ profile }: Subject): string {
  return profile.source === 'assumed'
    ? '; if no heavy workload runs here, say so: annotation migration-guard.io/workload-profile: standard'
    : ''
}
