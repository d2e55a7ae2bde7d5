import type { Subject } from '../judging/subject.ts'
import { DEFAULT_POLICY, type Limits, type Policy } from '../policy.ts'
import { GUIDANCE } from '../settings/guidance.ts'
import type { BareViolation } from './violation.ts'

type LimitedField = keyof Policy['limits']

/** The violation where a setting is above the limits of the profile. */
export function overLimit(
  subject: Subject,
  name: LimitedField,
  consequence: string,
): readonly BareViolation[] {
  const value = subject.settings[name]
  const limits = subject.policy.limits[name][subject.profile.name]
  const enforcement = value === undefined ? undefined : enforcementFor(value, limits)
  if (value === undefined || enforcement === undefined) return []
  const refused = enforcement === 'deny'
  const limit = limits[enforcement]
  return [
    {
      field: subject.field(name),
      setting: name,
      value,
      message: `${refused ? `at most ${limit} are allowed` : `more than ${limit} is a lot`} ${workloads(subject)}.`,
      consequence,
      fix: `set ${name} to ${atMost(limit, GUIDANCE[name])}${refused ? declareHint(subject) : ''}`,
      identity: name,
      severity: value,
      bound: { [name]: value },
      ...(refused ? {} : { atMost: 'warn' }),
    },
  ]
}

/** When a limit trips, as the docs say it, with the limits of a policy that says nothing. */
export function limitsText(name: LimitedField): string {
  const { heavy, standard } = DEFAULT_POLICY.limits[name]
  return `\`${name}\` above ${heavy.deny} with heavy workloads (warns above ${heavy.warn}), above ${standard.deny} without (warns above ${standard.warn})`
}

// 0 is refused as well, so there is nothing below 1.
function atMost(limit: number, guidance: number): string {
  const advice = guidance < limit ? ` (guidance: ${guidance})` : ''
  return limit <= 1 ? '1' : `${limit} or less${advice}`
}

function enforcementFor(value: number, { deny, warn }: Limits): keyof Limits | undefined {
  if (value > deny) return 'deny'
  return value > warn ? 'warn' : undefined
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
