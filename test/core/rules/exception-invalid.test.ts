import t from 'tap'
import { parse } from 'yaml'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { approving, exceptionText, type Texts } from '../../support/review.ts'
import { findingsOf, judged, wordsOf } from '../../support/rule-contract.ts'

const rule = 'exception-invalid'
const v1 = { era: '1.20', version: 'v1' } as const
const NAME = 'parallel-migrations-too-high'
const KEY = `exception.migration-guard.io/${NAME}`
const context = {
  approvals: approving(NAME, rule, 'invalid-value', 'exception-unauthorised', 'x', ''),
  readYaml: parse,
}

const effects = (after: Texts, before: Texts | null, settings = {}) =>
  findingsOf(
    judged(v1, { annotations: after, settings }, before && { annotations: before }, context),
    rule,
  ).map(({ effect }) => effect)

t.test('an exception that cannot be honoured is refused when it is added or changed', t => {
  const bad = '{reason: far too many, expires: yesterday}'
  t.same(effects({ [KEY]: bad }, {}), ['deny'], 'added')
  t.same(effects({ [KEY]: bad }, null), ['deny'], 'on CREATE')
  t.same(effects({ [KEY]: bad }, { [KEY]: exceptionText() }), ['deny'], 'changed')
  t.same(effects({ [KEY]: bad }, { [KEY]: bad }), ['warn'], 'kept')
  t.same(
    effects({ [KEY]: bad }, { [KEY]: bad }, { progressTimeout: 200 }),
    ['warn'],
    'kept on an edit',
  )
  t.same(effects({}, { [KEY]: bad }), [], 'removed')
  t.same(effects({ [KEY]: exceptionText() }, {}), [], 'a good one')
  t.end()
})

t.test('one that has run out is warned of, one that is added so is refused', t => {
  const expired = exceptionText({ expires: '2026-11-22' })
  t.same(effects({ [KEY]: expired }, { [KEY]: expired }), ['warn'])
  t.same(effects({ [KEY]: expired }, {}), ['deny'])
  const long = exceptionText({ expires: '2027-06-01' })
  t.same(effects({ [KEY]: long }, {}), ['deny'], 'too long, added')
  t.same(effects({ [KEY]: long }, { [KEY]: long }), [], 'too long, but there already')
  t.end()
})

t.test('what names no rule, or one that cannot be waived, is refused', t => {
  for (const name of [
    '',
    'x',
    'Parallel-migrations-too-high',
    'constructor',
    '__proto__',
    'invalid-value',
    'exception-unauthorised',
    rule,
  ]) {
    const annotations = JSON.parse(
      JSON.stringify({ [`exception.migration-guard.io/${name}`]: exceptionText() }),
    )
    t.same(effects(annotations, {}), ['deny'], name)
  }
  t.end()
})

t.test('a misspelt name, or a part of one, gets the rule that was meant', t => {
  const meant = {
    parallel: `"parallel" is not the id of a rule; did you mean ${NAME}?`,
    'network-misssing': '"network-misssing" is not the id of a rule; did you mean network-missing?',
    nothing: '"nothing" is not the id of a rule.',
  }
  for (const [name, words] of Object.entries(meant)) {
    const annotations = { [`exception.migration-guard.io/${name}`]: exceptionText() }
    const decision = judged(v1, { annotations, settings: {} }, { annotations: {} }, context)
    t.equal(findingsOf(decision, rule)[0]?.message, `this exception cannot be honoured: ${words}`)
  }
  t.end()
})

t.test('each exception is judged by itself', t => {
  const other = 'exception.migration-guard.io/outbound-migrations-too-high'
  const state = {
    annotations: { [KEY]: exceptionText(), [other]: 'nonsense' },
    settings: { parallelMigrationsPerCluster: 20 },
  }
  const approvals = approving(NAME, 'outbound-migrations-too-high')
  const decision = judged(v1, state, {}, { ...context, approvals })
  t.match(findingsOf(decision, NAME), [{ effect: 'excused' }])
  t.match(findingsOf(decision, rule), [{ field: `metadata.annotations[${other}]`, effect: 'deny' }])
  t.end()
})

t.test('the policy says what follows', t => {
  for (const [enforcement, expected] of [
    ['deny', ['deny']],
    ['warn', ['warn']],
    ['audit', ['record']],
    ['off', []],
  ] as const) {
    const policy = { ...DEFAULT_POLICY, enforcement: { [rule]: enforcement } }
    const decision = judged(v1, { annotations: { [KEY]: 'x' } }, {}, { ...context, policy })
    t.same(
      findingsOf(decision, rule).map(({ effect }) => effect),
      expected,
      enforcement,
    )
  }
  t.end()
})

t.test('it cannot be waived', t => {
  const annotations = { [`exception.migration-guard.io/${rule}`]: exceptionText(), [KEY]: 'x' }
  t.same(effects(annotations, {}), ['deny', 'deny'])
  t.end()
})

t.test('it says what is wrong and what to write', t => {
  t.same(wordsOf(rule, { annotations: { [KEY]: '{reason: too short}' } }), [
    'this exception cannot be honoured: reason is "too short"; expected text of at least 10 characters; expires is nothing; expected a date such as "2026-12-31" or a time such as "2026-12-31T18:00:00Z".',
    '',
    'write {reason: at least 10 characters, expires: a date, bound: the value it covers}, or remove it',
  ])
  t.end()
})
