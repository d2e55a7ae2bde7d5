import t from 'tap'
import type { JsonObject } from '../../../src/core/json.ts'
import { factsOf, vmi } from '../../support/review.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'completion-timeout-long'
const at = (completionTimeoutPerGiB: unknown) => ({ completionTimeoutPerGiB })
const standard = { facts: factsOf([vmi('small')]) }

function sized(name: string, guest: string): JsonObject {
  return {
    ...vmi(name, { 'migration-guard.io/workload': 'heavy' }),
    spec: { domain: { memory: { guest } } },
  }
}

t.test('a long completion timeout, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'completionTimeoutPerGiB',
    fine: { settings: at(150) },
    trips: { settings: at(800) },
    worse: { settings: at(801) },
    milder: { settings: at(200) },
    bound: at(800),
    shortBounds: [at(799), { progressTimeout: 800 }],
  })
  t.end()
})

t.test('with heavy workloads more than 150 seconds are warned of', t => {
  judgesAlike(t, rule, {
    absent: [at(undefined), 'nothing'],
    null: [at(null), 'nothing'],
    negative: [at(-800), 'nothing'],
    '0': [at(0), 'nothing'],
    '20': [at(20), 'nothing'],
    '150': [at(150), 'nothing'],
    '151': [at(151), 'warn'],
    '800': [at(800), 'warn'],
    'beyond int64': [at(2 ** 63), 'nothing'],
    text: [at('800'), 'nothing'],
  })
  judgesAlike(t, rule, { '800 without heavy workloads': [at(800), 'nothing'] }, standard)
  t.end()
})

t.test('it counts the hours of the largest VM in decimal GB, rounded up', t => {
  const hours = (guest: string, seconds: number) =>
    wordsOf(rule, { settings: at(seconds) }, { facts: factsOf([sized('big', guest)]) })[0]
  t.equal(
    hours('64Gi', 151),
    'the largest VM (db/big, 69 GB) may migrate for 2.9 hours.',
    '64 GiB are 69 GB',
  )
  t.equal(
    hours('6Gi', 800),
    'the largest VM (db/big, 7 GB) may migrate for 1.6 hours. 800 was the default up to HCO 1.13.',
  )
  t.equal(hours('1', 3600), 'the largest VM (db/big, 1 GB) may migrate for 1.0 hours.')
  const many = factsOf([sized('a', '10G'), sized('largest', '20G'), sized('b', '15G')])
  t.match(wordsOf(rule, { settings: at(800) }, { facts: many })[0], 'db/largest, 20 GB')
  t.end()
})

t.test('it says what was the default once and what to write', t => {
  t.same(wordsOf(rule, { settings: at(800) }), [
    'a VM of 64 GiB may migrate for 15.3 hours. 800 was the default up to HCO 1.13.',
    'Only then does it switch to post copy or give up; a drain waits that long.',
    'write completionTimeoutPerGiB: 150',
  ])
  t.end()
})
