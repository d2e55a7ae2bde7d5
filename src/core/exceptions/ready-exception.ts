import { annotationPath, EXCEPTION_PREFIX } from '../annotations.ts'
import { printable } from '../json.ts'
import type { Finding } from '../judging/finding.ts'
import { CATALOGUE } from '../rules/catalogue.ts'
import type { RuleId } from '../rules/rule-ids.ts'
import { type Bound, boundsOf, type Violation } from '../rules/violation.ts'
import { CLUSTER_SETTINGS } from './exception.ts'
import { LONGEST } from './exception-text.ts'

/** An annotation to add, and what comes before it. */
export type ReadyException = { readonly lead: string; readonly annotation: string }

const LEAD = 'someone who may approve it can add the annotation'

const UNBOUND_LEAD =
  'one annotation has no room to name all that is refused here; without a bound it covers what the request sets that adds it, nothing more later and no deletion. Someone who may approve it can add the annotation'

const WEEK_SECONDS = 7 * 86_400

// Shorter than an exception accepts, so that nobody pastes it as it is.
const REASON = '<reason>'
const ROOM_FOR_REASON = 100

/**
 * The ready annotation for what is refused by a rule; null where none can excuse it, or where one is written already that
 * lacks approval alone: another would not help, and a violation of its own tells what does.
 *
 * It takes the place of the one that is there, so what that one excuses has to be in it: without it, that is refused next.
 */
export function exceptionToOffer(
  rule: RuleId,
  findings: readonly Finding[],
  now: number,
  maxSeconds: number,
): ReadyException | null {
  const there = annotationPath(EXCEPTION_PREFIX + rule)
  const awaitsApproval = findings.some(
    ({ effect, rule, field }) =>
      effect === 'deny' && rule === 'exception-unauthorised' && field === there,
  )
  if (awaitsApproval) return null
  const covered = findings.filter(({ effect }) => effect === 'deny' || effect === 'excused')
  return readyException(rule, covered, now, maxSeconds)
}

/**
 * The ready annotation that would excuse those of the violations that are of this rule, for a week or as long as the policy
 * allows; null where none can. An object has one annotation for a rule, so its bound has to hold for all of them.
 */
export function readyException(
  rule: RuleId,
  violations: readonly Pick<Violation, 'rule' | 'bound' | 'otherBounds'>[],
  now: number,
  maxSeconds: number,
): ReadyException | null {
  if (!CATALOGUE[rule].waivable) return null
  const bound = mergeBounds(violations.filter(each => each.rule === rule).flatMap(boundsOf))
  const seconds = Math.min(WEEK_SECONDS, maxSeconds)
  const end = new Date(now + seconds * 1000)
  // A date means its end, so a limit of less than a week needs a time.
  const expires =
    seconds < WEEK_SECONDS ? end.toISOString().replace(/\.\d+/, '') : end.toISOString().slice(0, 10)
  const whole = textOf({ reason: REASON, expires, ...(bound === null ? {} : { bound }) })
  const fits = whole.length + ROOM_FOR_REASON <= LONGEST
  const text = fits ? whole : textOf({ reason: REASON, expires })
  const annotation = `${EXCEPTION_PREFIX}${rule}: '${text.replaceAll("'", "''")}'`
  return { lead: fits ? LEAD : UNBOUND_LEAD, annotation }
}

// Escaped, which JSON reads as what was meant, and never cut short within what an exception may have.
function textOf(value: object): string {
  return printable(JSON.stringify(value), LONGEST)
}

type MergedBound = Readonly<Record<string, number | string | readonly string[]>>

// The highest number, and every name. A violation that names no policy is one of the cluster settings.
function mergeBounds(bounds: readonly (Bound | null)[]): MergedBound | null {
  const known = bounds.filter(bound => bound !== null)
  if (known.length === 0 || known.length < bounds.length) return null
  const byPolicy = known.some(({ policy }) => policy !== undefined)
  const complete: readonly Bound[] = byPolicy
    ? known.map(bound => ({ policy: CLUSTER_SETTINGS, ...bound }))
    : known
  const keys = new Set(known.flatMap(bound => Object.keys(bound)))
  return Object.fromEntries(
    [...keys].map(key => [key, mergeValues(complete.flatMap(bound => bound[key] ?? []))]),
  )
}

function mergeValues(values: readonly (number | string)[]): number | string | readonly string[] {
  const numbers = values.filter(value => typeof value === 'number')
  if (numbers.length > 0) return Math.max(...numbers)
  const [first = '', ...others] = new Set(values.map(String))
  return others.length === 0 ? first : [first, ...others]
}
