import t from 'tap'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { factsOf, vmi } from '../../support/review.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'parallel-migrations-too-high'
const at = (value: unknown) => ({ parallelMigrationsPerCluster: value })
const standard = { facts: factsOf([vmi('small')]) }
const heavy = { facts: factsOf([vmi('big', { 'migration-guard.io/workload': 'heavy' })]) }

t.test('too many migrations at once, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'parallelMigrationsPerCluster',
    fine: { settings: at(5) },
    trips: { settings: at(20) },
    worse: { settings: at(21) },
    milder: { settings: at(11) },
    bound: at(20),
    shortBounds: [at(19), { parallelOutboundMigrationsPerNode: 20 }, { network: '20' }],
  })
  t.end()
})

t.test('with heavy workloads more than 5 are warned of and more than 10 refused', t => {
  const cases = {
    absent: [at(undefined), 'nothing'],
    null: [at(null), 'nothing'],
    '0 is another rule': [at(0), 'nothing'],
    '5': [at(5), 'nothing'],
    '6': [at(6), 'warn'],
    '10': [at(10), 'warn'],
    '11': [at(11), 'deny'],
    int32: [at(2 ** 31 - 1), 'deny'],
    'beyond int32': [at(2 ** 31), 'deny'],
    negative: [at(-11), 'nothing'],
    'text is invalid, not many': [at('20'), 'nothing'],
    'a fraction is invalid, not many': [at(20.5), 'nothing'],
  } as const
  judgesAlike(t, rule, cases)
  judgesAlike(t, rule, cases, heavy)
  t.end()
})

t.test('without heavy workloads more than 20 are warned of and more than 50 refused', t => {
  judgesAlike(
    t,
    rule,
    {
      '20': [at(20), 'nothing'],
      '21': [at(21), 'warn'],
      '50': [at(50), 'warn'],
      '51': [at(51), 'deny'],
    },
    standard,
  )
  t.end()
})

t.test('the limits are the policy’s', t => {
  const limits = {
    ...DEFAULT_POLICY.limits,
    parallelMigrationsPerCluster: { heavy: { deny: 3, warn: 2 }, standard: { deny: 1, warn: 0 } },
  }
  const policy = { ...DEFAULT_POLICY, limits }
  judgesAlike(
    t,
    rule,
    { '2': [at(2), 'nothing'], '3': [at(3), 'warn'], '4': [at(4), 'deny'] },
    { policy },
  )
  judgesAlike(t, rule, { '1': [at(1), 'warn'], '2': [at(2), 'deny'] }, { policy, ...standard })
  t.end()
})

t.test('it says what is allowed, what would happen and what to write', t => {
  t.same(wordsOf(rule, { settings: at(20) }, heavy), [
    'at most 10 are allowed with heavy workloads (observed: db/big).',
    'So many at once share the network: none keeps up with a busy guest, and all run into the timeout.',
    'set parallelMigrationsPerCluster to 10 or less (guidance: 5)',
  ])
  t.same(
    wordsOf(rule, { settings: at(11) }).at(-1),
    'set parallelMigrationsPerCluster to 10 or less (guidance: 5); if no heavy workload runs here, say so: annotation migration-guard.io/workload-profile: standard',
    'a refusal that rests on an assumption says how to declare otherwise',
  )
  t.same(wordsOf(rule, { settings: at(6) }).at(-1), 'set parallelMigrationsPerCluster to 5 or less')
  t.end()
})
