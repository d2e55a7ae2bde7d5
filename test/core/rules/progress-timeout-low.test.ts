import t from 'tap'
import { factsOf, vmi } from '../../support/review.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'progress-timeout-low'
const at = (progressTimeout: unknown) => ({ progressTimeout })
const standard = { facts: factsOf([vmi('small')]) }

t.test('a low progress timeout, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'progressTimeout',
    fine: { settings: at(150) },
    trips: { settings: at(100) },
    worse: { settings: at(99) },
    milder: { settings: at(149) },
  })
  t.end()
})

t.test('with heavy workloads less than 150 seconds are warned of, and 0 always', t => {
  const zero = { '0': [at(0), 'warn'], '0 without a minus': [at(-0), 'warn'] } as const
  const never = {
    absent: [at(undefined), 'nothing'],
    null: [at(null), 'nothing'],
    text: [at('0'), 'nothing'],
    '150': [at(150), 'nothing'],
    '151': [at(151), 'nothing'],
    '1e300': [at(1e300), 'nothing'],
  } as const
  judgesAlike(t, rule, {
    ...zero,
    ...never,
    '1': [at(1), 'warn'],
    '149': [at(149), 'warn'],
    negative: [at(-1), 'nothing'],
  })
  judgesAlike(
    t,
    rule,
    { ...zero, ...never, '1': [at(1), 'nothing'], '149': [at(149), 'nothing'] },
    standard,
  )
  t.end()
})

t.test('it says what would happen and what to write', t => {
  t.same(wordsOf(rule, { settings: at(60) }), [
    'a large VM that makes no progress for 60 seconds is given up.',
    'It might have finished with more patience.',
    'set progressTimeout to 150 or more',
  ])
  t.same(wordsOf(rule, { settings: at(0) }), [
    'a migration that is stuck is not noticed.',
    'It stays until the completion timeout.',
    'set progressTimeout to 150 or more',
  ])
  t.end()
})
