import t from 'tap'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'outbound-exceeds-cluster'
const at = (outbound: unknown, cluster: unknown) => ({
  parallelOutboundMigrationsPerNode: outbound,
  parallelMigrationsPerCluster: cluster,
})

t.test('a limit per node above that of the cluster, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'parallelOutboundMigrationsPerNode',
    fine: { settings: at(4, 4) },
    trips: { settings: at(4, 2) },
    worse: { settings: at(4, 1) },
    milder: { settings: at(4, 3) },
  })
  t.end()
})

t.test('more per node than in the cluster is warned of', t => {
  judgesAlike(t, rule, {
    less: [at(1, 2), 'nothing'],
    equal: [at(2, 2), 'nothing'],
    'one more': [at(3, 2), 'warn'],
    'more than none': [at(1, 0), 'warn'],
    'both none': [at(0, 0), 'nothing'],
    'outbound absent': [at(undefined, 1), 'nothing'],
    'outbound null': [at(null, 1), 'nothing'],
    'outbound text': [at('9', 1), 'nothing'],
    'cluster null': [at(9, null), 'nothing'],
    'cluster text': [at(9, '1'), 'nothing'],
    'cluster absent': [at(9, undefined), 'nothing'],
  })
  t.end()
})

t.test('it says what holds and what to write', t => {
  t.same(wordsOf(rule, { settings: at(4, 2) }), [
    'that is above parallelMigrationsPerCluster (2).',
    'The limit per node has no effect.',
    'set parallelOutboundMigrationsPerNode to 1',
  ])
  t.equal(wordsOf(rule, { settings: at(1, 0) })[2], 'set parallelMigrationsPerCluster to 1 or more')
  t.end()
})
