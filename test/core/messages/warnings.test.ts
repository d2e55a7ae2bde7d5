import t from 'tap'
import type { AdmissionRequest } from '../../../src/core/admission-review.ts'
import { decide } from '../../../src/core/decision.ts'
import { toWarnings } from '../../../src/core/messages/warnings.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { answer, decided } from '../../support/answer.ts'
import { contextOf } from '../../support/decide.ts'
import { stored } from '../../support/eras.ts'
import {
  approving,
  exceptionText,
  factsOf,
  migrationPolicy,
  network,
  OPERATOR,
  requestOf,
  type Values,
} from '../../support/review.ts'

const RULES_OFF = Object.fromEntries(['network-missing'].map(rule => [rule, 'off']))
const policies = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    migrationPolicy(`policy-${String(index).padStart(4, '0')}`, {
      selectors: {},
      allowPostCopy: true,
    }),
  )

t.test(
  'a warning has at most 256 characters, all together at most 4096, the rest is counted',
  t => {
    const facts = factsOf([...policies(300), network('bad', 'unstable')])
    const old = { network: 'bad' }
    const decision = decided({ ...old, allowAutoConverge: true }, {}, old, { facts })
    t.equal(decision.findings.filter(({ effect }) => effect === 'warn').length, 300)
    const warnings = toWarnings(decision)
    const together = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0)
    t.ok(warnings.every(({ length }) => length <= 256))
    t.ok(together(warnings) <= 4096)
    t.ok(together(warnings) > 3000, 'and there is something in them')
    t.equal(
      warnings.at(-1),
      `and ${300 - (warnings.length - 1)} more, for which the API server leaves no room`,
    )
    const more = answer(decision, { warnings: ['x'.repeat(300), 'y'.repeat(250), 'z\n\u001b[31m'] })
    t.ok(
      more.warnings?.every(({ length }) => length <= 256),
      'with those from outside',
    )
    t.ok(together(more.warnings ?? []) <= 4096)
    t.match(more.warnings?.[0], /^x{200}/, 'which come first')
    t.notOk(more.warnings?.some(text => text.includes('\n') || text.includes('\u001b')))
    t.end()
  },
)

t.test('the most severe warning comes first', t => {
  const enforcement = { ...RULES_OFF }
  const key = 'exception.migration-guard.io/parallel-migrations-too-high'
  const request = requestOf(
    'UPDATE',
    stored(
      '1.20',
      {
        parallelMigrationsPerCluster: 20,
        parallelOutboundMigrationsPerNode: 2,
        progressTimeout: 0,
      },
      { [key]: exceptionText(), 'migration-guard.io/data': 'x' },
    ),
    stored('1.20', { parallelOutboundMigrationsPerNode: 2 }),
  )
  const context = contextOf({
    policy: { ...DEFAULT_POLICY, enforcement },
    approvals: approving('parallel-migrations-too-high'),
  })
  t.same(
    toWarnings(decide('validate', request, context)).map(text => text.slice(0, 45)),
    [
      'allowed by exception until 2026-12-01: [paral',
      '[outbound-migrations-too-high] spec.virtualiz',
      '[progress-timeout-low] spec.virtualization.li',
      'migration-guard.io/data: "x" is ignored: expe',
    ],
  )
  t.end()
})

t.test('only who is spared is told that others are not', t => {
  const request = requestOf('CREATE', stored('1.20', { parallelMigrationsPerCluster: 20 }))
  const firstWarning = (userInfo: AdmissionRequest['userInfo']) =>
    toWarnings(decide('advise', { ...request, userInfo }, contextOf()))[0]
  t.match(
    firstWarning(OPERATOR),
    /^would be refused for anybody else: \[parallel-migrations-too-high\]/,
  )
  t.match(firstWarning(request.userInfo), /^would be refused: \[parallel-migrations-too-high\]/)
  t.end()
})

t.test('an edit of something else is reminded in one line of what would be refused', t => {
  const old = stored('1.20', {
    parallelMigrationsPerCluster: 20,
    progressTimeout: 0,
    parallelOutboundMigrationsPerNode: 9,
  })
  const edit = { ...old, spec: { ...(old.spec as Values), featureGates: {} } }
  t.same(toWarnings(decide('advise', requestOf('UPDATE', edit, old), contextOf())), [
    'live migration is still set in a way that would be refused today: parallel-migrations-too-high, outbound-migrations-too-high',
  ])
  const fine = stored('1.20', { progressTimeout: 0 })
  const other = { ...fine, spec: { ...(fine.spec as Values), featureGates: {} } }
  t.same(toWarnings(decide('advise', requestOf('UPDATE', other, fine), contextOf())), [])
  t.end()
})

t.test('a text is said once', t => {
  const decision = decided({ parallelMigrationsPerCluster: 6 })
  const twice = { ...decision, findings: [...decision.findings, ...decision.findings] }
  t.same(toWarnings(twice), toWarnings(decision))
  t.end()
})
