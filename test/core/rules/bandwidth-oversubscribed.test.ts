import t from 'tap'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'bandwidth-oversubscribed'
const at = (bandwidthPerMigration: unknown, outbound: unknown) => ({
  bandwidthPerMigration,
  parallelOutboundMigrationsPerNode: outbound,
})
const link = (linkBandwidth: string | null) => ({ policy: { ...DEFAULT_POLICY, linkBandwidth } })
const context = link('1Gi')

t.test('limits that exceed the link, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'bandwidthPerMigration',
    fine: { settings: at('256Mi', 2) },
    trips: { settings: at('1Gi', 2) },
    worse: { settings: at('0', 2) },
    milder: { settings: at('600Mi', 2) },
    context,
  })
  t.end()
})

t.test('no limit at all, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'bandwidthPerMigration',
    fine: { settings: at(undefined, 1) },
    trips: { settings: at(undefined, 4) },
    worse: { settings: at(undefined, 5) },
    milder: { settings: at('1Gi', 4) },
    context,
  })
  t.end()
})

t.test('outbound times bandwidth is compared exactly with the declared link', t => {
  judgesAlike(
    t,
    rule,
    {
      'as much as the link': [at('512Mi', 2), 'nothing'],
      'one byte more': [at('536870913', 2), 'warn'],
      'a thousandth of a byte more': [at('536870912001m', 2), 'warn'],
      'one migration within': [at('1Gi', 1), 'nothing'],
      'one migration beyond': [at('1025Mi', 1), 'warn'],
      'three within in decimal': [at('0.333333333333Gi', 3), 'nothing'],
      'unlimited, one': [at('0Mi', 1), 'nothing'],
      'unlimited, two': [at('0Mi', 2), 'warn'],
      'absent, one': [at(undefined, 1), 'nothing'],
      'absent, two': [at(undefined, 2), 'warn'],
      'null, two': [at(null, 2), 'warn'],
      'no outbound at all': [at('2Gi', 0), 'nothing'],
      'outbound null': [at('2Gi', null), 'nothing'],
      'outbound text': [at('2Gi', '2'), 'nothing'],
      'bandwidth negative': [at('-2Gi', 2), 'nothing'],
    },
    context,
  )
  t.end()
})

t.test('without a declared link nothing is known to exceed it', t => {
  judgesAlike(t, rule, { undeclared: [at('100Gi', 2), 'nothing'] }, link(null))
  judgesAlike(t, rule, { unreadable: [at('100Gi', 2), 'nothing'] }, link('fast'))
  judgesAlike(t, rule, { decimal: [at('625M', 2), 'nothing'] }, link('1.25G'))
  t.end()
})

t.test('it says what is wanted, what there is and what to write', t => {
  t.same(wordsOf(rule, { settings: at('1Gi', 2) }, context), [
    '2 migrations of 1Gi per second may leave one node at once.',
    'Its link carries 1Gi per second (linkBandwidth in the policy).',
    'set parallelOutboundMigrationsPerNode to 1, or bandwidthPerMigration so that 2 of them fit',
  ])
  t.same(
    wordsOf(rule, { settings: at('0Mi', 3) }, context)[0],
    '3 migrations without a bandwidth limit may leave one node at once.',
  )
  t.equal(
    wordsOf(rule, { settings: at('2Gi', 1) }, context)[2],
    'set bandwidthPerMigration to 1Gi or less',
  )
  t.end()
})
