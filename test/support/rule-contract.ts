import type { Test } from 'tap'
import { type Decision, decide } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import type { JsonObject } from '../../src/core/json.ts'
import type { Finding } from '../../src/core/judging/finding.ts'
import { DEFAULT_POLICY, type Enforcement, type Policy } from '../../src/core/policy.ts'
import { CATALOGUE } from '../../src/core/rules/catalogue.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import { contextOf } from './decide.ts'
import { BOTH_PATHS, type EraName, stored } from './eras.ts'
import {
  approving,
  exceptionText,
  PATHS,
  requestOf,
  type Texts,
  type Values,
  type Version,
} from './review.ts'

/** Settings over the stock of the era, and annotations. */
export type State = { readonly settings?: Values; readonly annotations?: Texts }

/** What a rule is tried with. */
export type Trial = {
  readonly rule: RuleId
  /** The setting it complains of, or the annotation. */
  readonly field: string
  readonly fine: State
  readonly trips: State
  /** The same violation, but worse; a rule without degrees has none. */
  readonly worse?: State
  readonly milder?: State
  /** What an exception must name to be granted ahead; without it none can. */
  readonly bound?: Values
  /** Bounds that look like it but admit less or something else. */
  readonly shortBounds?: readonly Values[]
  readonly context?: Partial<DecisionContext>
}

type At = { readonly era: EraName; readonly version: Version }

/** Judges a request of an ordinary administrator at `validate`; `old` makes it an UPDATE. */
export function judged(
  { era, version }: At,
  state: State,
  old: State | null = null,
  context: Partial<DecisionContext> = {},
): Decision {
  const object = objectOf({ era, version }, state)
  const oldObject = old && objectOf({ era, version }, old)
  const request = requestOf(old === null ? 'CREATE' : 'UPDATE', object, oldObject)
  return decide('validate', request, contextOf(context))
}

export function objectOf({ era, version }: At, { settings, annotations }: State): JsonObject {
  return stored(era, settings, annotations, version)
}

/** The findings of one rule. */
export function findingsOf(decision: Decision, rule: RuleId): readonly Finding[] {
  return decision.findings.filter(finding => finding.rule === rule)
}

type Expected = 'deny' | 'warn' | 'nothing'

/** Creates an object for each case and compares what the rule makes of it, in both versions. */
export function judgesAlike(
  t: Test,
  rule: RuleId,
  cases: Readonly<Record<string, readonly [state: Values, expected: Expected]>>,
  context: Partial<DecisionContext> = {},
): void {
  const expected = Object.fromEntries(
    Object.entries(cases).map(([name, [, effect]]) => [name, effect]),
  )
  for (const place of BOTH_PATHS) {
    const found = Object.entries(cases).map(([name, [settings]]) => {
      const effects = findingsOf(judged(place, { settings }, null, context), rule)
      return [name, [...new Set(effects.map(({ effect }) => effect))].join() || 'nothing']
    })
    // One assertion for the table: each costs a millisecond, and the difference names the case.
    t.same(Object.fromEntries(found), expected, `every case in ${place.version}`)
  }
}

/** What a rule says of a state in v1, in its own words: message, consequence and fix of each violation. */
export function wordsOf(
  rule: RuleId,
  state: State,
  context: Partial<DecisionContext> = {},
): readonly string[] {
  const found = findingsOf(judged({ era: '1.20', version: 'v1' }, state, null, context), rule)
  return found.flatMap(({ message, consequence, fix }) => [message, consequence, fix])
}

/** The policy that enforces one rule so and leaves all others out, so that a test speaks of one rule. */
export function enforcing(
  rule: RuleId,
  enforcement: Enforcement,
  base: Policy = DEFAULT_POLICY,
): Policy {
  const rest = Object.fromEntries(
    Object.keys(CATALOGUE)
      .filter(id => !id.startsWith('exception-'))
      .map(id => [id, 'off'] as const),
  )
  return { ...base, enforcement: { ...rest, [rule]: enforcement } }
}

const withAnnotation = (state: State, annotations: Texts): State => ({
  ...state,
  annotations: { ...state.annotations, ...annotations },
})
const touched = (state: State): State => ({
  ...state,
  settings: { ...state.settings, allowAutoConverge: true },
})

/** What every rule does alike: its field, its enforcement, the ratchet and exceptions. */
export function obeysTheContract(t: Test, trial: Trial): void {
  for (const place of BOTH_PATHS)
    t.test(`in ${place.version}`, t => {
      namesTheField(t, trial, place)
      isEnforcedAsThePolicySays(t, trial, place)
      ratchets(t, trial, place)
      if (CATALOGUE[trial.rule].waivable) isExcused(t, trial, place)
      else isNeverExcused(t, trial, place)
      t.end()
    })
}

function namesTheField(t: Test, { rule, field, trips, context }: Trial, place: At): void {
  t.test('the field is named in the version of the request', t => {
    const found = findingsOf(judged(place, trips, null, context), rule)
    t.ok(found.length > 0, 'it trips')
    const expected = field.includes('[') ? field : `${PATHS[place.version]}.${field}`
    for (const finding of found) t.equal(finding.field, expected)
    t.end()
  })
}

const EFFECTS = { deny: 'deny', warn: 'warn', audit: 'record' } as const

function isEnforcedAsThePolicySays(t: Test, trial: Trial, place: At): void {
  const { rule, fine, trips } = trial
  t.test('it is enforced as the policy says', t => {
    for (const [enforcement, effect] of Object.entries(EFFECTS)) {
      const policy = enforcing(rule, enforcement as Enforcement, trial.context?.policy)
      const decision = judged(place, trips, null, { ...trial.context, policy })
      t.same(
        new Set(findingsOf(decision, rule).map(finding => finding.effect)),
        new Set([effect]),
        `${enforcement} means ${effect}`,
      )
      t.equal(decision.allowed, enforcement !== 'deny')
      t.same(findingsOf(judged(place, fine, null, { ...trial.context, policy }), rule), [])
    }
    const policy = enforcing(rule, 'off', trial.context?.policy)
    const decision = judged(place, trips, null, { ...trial.context, policy })
    t.same(findingsOf(decision, rule), [], 'off means not at all')
    t.equal(decision.allowed, true)
    t.end()
  })
  t.test('without a word in the policy it has its default', t => {
    const found = findingsOf(judged(place, trips, null, trial.context), rule)
    t.ok(found.every(({ effect }) => effect === CATALOGUE[rule].enforcement))
    t.end()
  })
}

function ratchets(t: Test, trial: Trial, place: At): void {
  const { rule, fine, trips, worse, milder } = trial
  const policy = enforcing(rule, 'deny', trial.context?.policy)
  const context = { ...trial.context, policy }
  const change = (decision: Decision) => [
    ...new Set(findingsOf(decision, rule).map(finding => `${finding.change} ${finding.effect}`)),
  ]
  t.test('what was there before stays', t => {
    const kept = judged(place, touched(trips), trips, context)
    t.same(change(kept), ['kept warn'])
    t.equal(kept.allowed, true)
    t.equal(kept.repair, false)
    const introduced = judged(place, trips, fine, context)
    t.same(change(introduced), ['introduced deny'])
    t.equal(introduced.allowed, false)
    const mended = judged(place, fine, trips, context)
    t.same(change(mended), [])
    t.match(mended, { allowed: true, repair: true })
    t.end()
  })
  if (worse)
    t.test('worse is refused', t => {
      const decision = judged(place, worse, trips, context)
      t.equal(decision.allowed, false)
      t.ok(findingsOf(decision, rule).some(({ effect }) => effect === 'deny'))
      t.end()
    })
  if (milder)
    t.test('milder is let through', t => {
      const decision = judged(place, milder, trips, context)
      t.same(change(decision), ['kept warn'])
      t.match(decision, { allowed: true, repair: true })
      t.end()
    })
}

function isExcused(t: Test, trial: Trial, place: At): void {
  const { rule, fine, trips, worse, bound, shortBounds = [] } = trial
  const policy = enforcing(rule, 'deny', trial.context?.policy)
  const approved = { ...trial.context, policy, approvals: approving(rule) }
  const unapproved = { ...trial.context, policy }
  const key = `exception.migration-guard.io/${rule}`
  const excused = (state: State, changes: Values = {}) =>
    withAnnotation(state, { [key]: exceptionText(changes) })
  const effects = (decision: Decision) => [
    ...new Set(findingsOf(decision, rule).map(({ effect }) => effect)),
  ]
  const isLetThrough = (t: Test, decision: Decision, outcome: string, name: string) => {
    const { allowed } = decision
    t.same(
      { effects: effects(decision), allowed, outcome: decision.outcome },
      { effects: ['excused'], allowed: true, outcome },
      name,
    )
  }
  const isRefused = (t: Test, decision: Decision, name: string) => {
    t.same([effects(decision).includes('deny'), decision.allowed], [true, false], name)
  }

  t.test('an exception without a bound covers what the request sets that adds it', t => {
    isLetThrough(t, judged(place, excused(trips), fine, approved), 'allowed-by-exception', 'added')
    isLetThrough(t, judged(place, excused(trips), null, approved), 'allowed-by-exception', 'CREATE')
    isLetThrough(
      t,
      judged(place, touched(excused(trips)), excused(trips), unapproved),
      'allowed',
      'kept',
    )
    isRefused(t, judged(place, excused(trips), fine, unapproved), 'by somebody who may not approve')
    isRefused(t, judged(place, excused(trips), excused(fine), approved), 'granted ahead')
    if (worse)
      isRefused(t, judged(place, excused(worse), excused(trips), approved), 'for more, later')
    t.end()
  })
  t.test('an exception with a bound covers what the bound admits', t => {
    if (bound === undefined) {
      isRefused(
        t,
        judged(
          place,
          excused(trips, { bound: { parallelMigrationsPerCluster: 1e9 } }),
          fine,
          approved,
        ),
        'it has no bound',
      )
      return t.end()
    }
    const ahead = excused(fine, { bound })
    isLetThrough(
      t,
      judged(place, excused(trips, { bound }), ahead, unapproved),
      'allowed-by-exception',
      'granted ahead',
    )
    if (worse) isRefused(t, judged(place, excused(worse, { bound }), ahead, approved), 'beyond it')
    for (const short of shortBounds)
      isRefused(
        t,
        judged(place, excused(trips, { bound: short }), fine, approved),
        `with ${JSON.stringify(short)}`,
      )
    t.end()
  })
  t.test('an exception that does not hold excuses nothing', t => {
    const other = rule === 'network-invalid' ? 'network-missing' : 'network-invalid'
    const strange = withAnnotation(trips, {
      [`exception.migration-guard.io/${other}`]: exceptionText(bound ? { bound } : {}),
    })
    const all = { ...approved, approvals: approving(rule, other) }
    isRefused(t, judged(place, strange, fine, all), 'of another rule')
    isRefused(t, judged(place, excused(trips, { reason: 'short' }), fine, approved), 'malformed')
    const expired = { expires: '2026-11-22', ...(bound ? { bound } : {}) }
    isRefused(t, judged(place, excused(trips, expired), fine, approved), 'expired, added')
    isRefused(
      t,
      judged(place, excused(trips, expired), excused(fine, expired), approved),
      'expired, kept',
    )
    t.end()
  })
  t.test('what loses its exception counts as new', t => {
    isRefused(t, judged(place, trips, excused(trips), approved), 'an exception that still held')
    const expired = excused(trips, { expires: '2026-11-22' })
    t.equal(judged(place, trips, expired, approved).allowed, true, 'an expired one')
    t.equal(judged(place, fine, excused(trips), approved).allowed, true, 'together with its cause')
    t.end()
  })
  t.test('after its end it is as the policy says', t => {
    const strict = {
      ...unapproved,
      policy: { ...policy, exceptions: { ...policy.exceptions, onExpiry: 'deny' as const } },
    }
    const expired = excused(trips, { expires: '2026-11-22' })
    t.equal(judged(place, touched(expired), expired, unapproved).allowed, true, 'warn')
    isRefused(t, judged(place, touched(expired), expired, strict), 'deny')
    t.equal(judged(place, excused(fine, { expires: '2026-11-22' }), expired, strict).allowed, true)
    t.end()
  })
}

function isNeverExcused(t: Test, trial: Trial, place: At): void {
  const { rule, fine, trips } = trial
  t.test('no exception excuses it', t => {
    const key = `exception.migration-guard.io/${rule}`
    const policy = enforcing(rule, 'deny', trial.context?.policy)
    const context = { ...trial.context, policy, approvals: approving(rule) }
    const decision = judged(place, withAnnotation(trips, { [key]: exceptionText() }), fine, context)
    t.equal(decision.allowed, false)
    t.ok(findingsOf(decision, rule).every(({ effect }) => effect === 'deny'))
    t.ok(findingsOf(decision, 'exception-invalid').length > 0, 'and the exception is refused, too')
    t.end()
  })
}
