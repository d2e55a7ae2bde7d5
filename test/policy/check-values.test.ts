import { ok } from 'node:assert'
import fc from 'fast-check'
import t from 'tap'
import { parsePolicy } from '../../src/policy/load.ts'
import { formatProblem } from '../../src/policy/policy-problem.ts'

const HEAD = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n'

function lines(text: string): readonly string[] {
  const result = parsePolicy(text, 'policy.yaml')
  if (!('problems' in result)) return ['valid']
  return result.problems.map(problem => formatProblem(result.source, problem))
}

const LIMITS: readonly (readonly [limits: string, ...expected: string[]])[] = [
  [
    'heavy: {warn: 20}',
    '6:15 HEAVY.warn: warn (20) is higher than deny (10): deny is left out and stays 10, so set it too or lower warn',
  ],
  [
    'heavy: {warn: 20, deny: 12}',
    '6:15 HEAVY.warn: warn (20) is higher than deny (12): a warning comes before a refusal, so exchange or lower them',
  ],
  ['heavy: {warn: "20"}', '6:15 HEAVY.warn: must be a whole number: remove the quotes around 20'],
  ['heavy: {deny: 2.5}', '6:15 HEAVY.deny: must be a whole number, not 2.5'],
  ['heavy: {deny: many}', '6:15 HEAVY.deny: must be a whole number, not "many"'],
  ['heavy: {deny: 0}', '6:15 HEAVY.deny: must be at least 1, not 0'],
  ['heavy: {deny: 2147483648}', '6:15 HEAVY.deny: must be at most 2147483647, not 2147483648'],
  ['heavy: {allow: 1}', '6:15 HEAVY.allow: unknown key; known here: deny, warn'],
]

t.test('limits are whole numbers, and a warning is not above a refusal', t => {
  for (const [limits, ...expected] of LIMITS) {
    const text = `${HEAD}rules:\n  parallel-migrations-too-high:\n    limits:\n      ${limits}\n`
    const path = 'rules.parallel-migrations-too-high.limits.heavy'
    t.strictSame(
      lines(text),
      expected.map(line => `policy.yaml:${line.replace('HEAVY', path)}`),
      limits,
    )
  }
  t.end()
})

t.test('what the schema sees and what it cannot see is shown at once, in the order of lines', t => {
  const text = `${HEAD}linkBandwidth: 10Gbit
profile: havy
rules:
  parallel-migrations-too-high: { limits: { heavy: { warn: 20 } } }
  outbound-migrations-too-high: { limits: { heavy: { warn: 20 }, standard: { deny: many, warn: 60 } } }
exceptions: { maxDuration: 0s, onExpiry: nothing }
`
  t.strictSame(lines(text), [
    'policy.yaml:3:1 linkBandwidth: "10Gbit" is not a quantity; write bytes per second, such as 1250M for a 10 Gbit/s link',
    'policy.yaml:4:1 profile: "havy" is not a profile (heavy or standard); did you mean "heavy"?',
    'policy.yaml:6:54 rules.parallel-migrations-too-high.limits.heavy.warn: warn (20) is higher than deny (10): deny is left out and stays 10, so set it too or lower warn',
    'policy.yaml:7:78 rules.outbound-migrations-too-high.limits.standard.deny: must be a whole number, not "many"',
    'policy.yaml:8:32 exceptions.onExpiry: "nothing" is not an action (warn or deny)',
  ])
  t.end()
})

t.test('any JSON value in any place is valid or a problem with a line', t => {
  const keys = [
    'rules',
    'networks',
    'linkBandwidth',
    'exceptions',
    'heavy',
    'limits',
    'maxDuration',
  ]
  const rule = 'parallel-migrations-too-high'
  const key = fc.constantFrom(...keys, rule, 'deny', 'warn', 'standard', '__proto__', 'toString')
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.jsonValue({ maxDepth: 1 }),
      fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
    ),
  }))
  const property = fc.property(fc.dictionary(key, tree), entries => {
    const text = `${HEAD}${Object.entries(entries)
      .map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`)
      .join('')}`
    const result = parsePolicy(text, '')
    if ('problems' in result) ok(result.problems.every(problem => problem.line >= 1))
    ok('policy' in result || result.problems.length > 0)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 500 }))
  t.end()
})
