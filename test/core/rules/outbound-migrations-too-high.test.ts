import t from 'tap'
import { factsOf, vmi } from '../../support/review.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'outbound-migrations-too-high'
const at = (value: unknown) => ({ parallelOutboundMigrationsPerNode: value })
const standard = { facts: factsOf([vmi('small')]) }
const heavy = { facts: factsOf([vmi('big', { 'migration-guard.io/workload': 'heavy' })]) }

t.test('too many migrations from one node, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'parallelOutboundMigrationsPerNode',
    fine: { settings: at(1) },
    trips: { settings: at(4) },
    worse: { settings: at(5) },
    milder: { settings: at(3) },
    bound: at(4),
    shortBounds: [at(3), { parallelMigrationsPerCluster: 4 }],
  })
  t.end()
})

t.test('with heavy workloads more than 1 is warned of and more than 2 refused', t => {
  const cases = {
    absent: [at(undefined), 'nothing'],
    null: [at(null), 'nothing'],
    '0 is another rule': [at(0), 'nothing'],
    '1': [at(1), 'nothing'],
    '2': [at(2), 'warn'],
    '3': [at(3), 'deny'],
    negative: [at(-3), 'nothing'],
    'text is invalid, not many': [at('3'), 'nothing'],
    'a list is invalid, not many': [at([3]), 'nothing'],
  } as const
  judgesAlike(t, rule, cases)
  judgesAlike(t, rule, cases, heavy)
  t.end()
})

t.test('without heavy workloads more than 5 are warned of and more than 10 refused', t => {
  judgesAlike(
    t,
    rule,
    {
      '5': [at(5), 'nothing'],
      '6': [at(6), 'warn'],
      '10': [at(10), 'warn'],
      '11': [at(11), 'deny'],
    },
    standard,
  )
  t.end()
})

t.test('it says what is allowed, what would happen and what to write', t => {
  t.same(wordsOf(rule, { settings: at(3) }, heavy), [
    'at most 2 are allowed with heavy workloads (observed: db/big).',
    'Migrations from one node share its link and starve each other of bandwidth.',
    'set parallelOutboundMigrationsPerNode to 2 or less (guidance: 1)',
  ])
  t.same(wordsOf(rule, { settings: at(11) }, standard).slice(0, 1), [
    'at most 10 are allowed without heavy workloads (observed: 1 running VM, which is not heavy).',
  ])
  t.end()
})
