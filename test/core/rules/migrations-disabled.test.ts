import t from 'tap'
import { exceptionText } from '../../support/review.ts'
import { judged, judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'migrations-disabled'
const perCluster = (value: unknown) => ({ parallelMigrationsPerCluster: value })
const perNode = (value: unknown) => ({ parallelOutboundMigrationsPerNode: value })

for (const [field, at] of Object.entries({
  parallelMigrationsPerCluster: perCluster,
  parallelOutboundMigrationsPerNode: perNode,
}))
  t.test(`${field} 0, rule by rule`, t => {
    obeysTheContract(t, {
      rule,
      field,
      fine: { settings: at(1) },
      trips: { settings: at(0) },
      bound: at(0),
      shortBounds: [at(-1), { completionTimeoutPerGiB: 0 }],
    })
    t.end()
  })

t.test('either limit at 0 switches migration off', t => {
  judgesAlike(t, rule, {
    'cluster 0': [perCluster(0), 'deny'],
    'cluster 1': [perCluster(1), 'nothing'],
    'cluster absent': [perCluster(undefined), 'nothing'],
    'cluster null': [perCluster(null), 'nothing'],
    'cluster "0"': [perCluster('0'), 'nothing'],
    'cluster false': [perCluster(false), 'nothing'],
    'cluster -1 is invalid': [perCluster(-1), 'nothing'],
    'cluster -0 is 0': [perCluster(-0), 'deny'],
    'node 0': [perNode(0), 'deny'],
    'node 1': [perNode(1), 'nothing'],
    'node absent': [perNode(undefined), 'nothing'],
  })
  t.end()
})

t.test('switching the second off is new, although the first is off already', t => {
  const v1 = { era: '1.20', version: 'v1' } as const
  const both = { settings: { ...perCluster(0), ...perNode(0) } }
  const decision = judged(v1, both, { settings: perCluster(0) })
  t.equal(decision.allowed, false)
  t.same(
    decision.findings.filter(finding => finding.rule === rule).map(({ change }) => change),
    ['kept', 'introduced'],
  )
  const bounded = {
    ...both,
    annotations: {
      [`exception.migration-guard.io/${rule}`]: exceptionText({ bound: perCluster(0) }),
    },
  }
  const ahead = { settings: {}, annotations: bounded.annotations }
  t.equal(judged(v1, bounded, ahead).allowed, false, 'a bound on one does not cover the other')
  t.end()
})

t.test('it says what would happen and how to stop in an emergency', t => {
  t.same(wordsOf(rule, { settings: perCluster(0) }), [
    'no live migration starts any more.',
    'Node drains and upgrades wait for ever, and nothing says why.',
    'set parallelMigrationsPerCluster to 5; as an emergency stop, use the exception below, which ends by itself',
  ])
  t.end()
})
