import t from 'tap'
import { NO_FACTS } from '../../../src/core/facts/cluster-facts.ts'
import { factsOf, network } from '../../support/review.ts'
import { judged, judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'network-missing'
const at = (name: unknown) => ({ network: name })
const facts = factsOf([
  network('mig'),
  network('mig', undefined, 'other'),
  network('far', undefined, 'other'),
])
const context = { facts }
const v1 = { era: '1.20', version: 'v1' } as const

t.test('a network that does not exist, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'network',
    fine: { settings: at('mig') },
    trips: { settings: at('absent') },
    worse: { settings: at('also-absent') },
    bound: at('absent'),
    shortBounds: [at('mig'), at('other/absent'), { policy: 'absent' }],
    context,
  })
  t.end()
})

t.test('a network without a namespace is in the one of the HyperConverged', t => {
  judgesAlike(
    t,
    rule,
    {
      absent: [at(undefined), 'nothing'],
      null: [at(null), 'nothing'],
      there: [at('mig'), 'nothing'],
      'there, with the namespace': [at('openshift-cnv/mig'), 'nothing'],
      'there, elsewhere': [at('other/far'), 'nothing'],
      'elsewhere only': [at('far'), 'deny'],
      nowhere: [at('near'), 'deny'],
      'nowhere, with a namespace': [at('openshift-cnv/near'), 'deny'],
      'no name at all is another rule': [at('a,b'), 'nothing'],
      'empty is another rule': [at(''), 'nothing'],
    },
    context,
  )
  t.end()
})

t.test('what cannot be known is only warned of, whatever the policy says', t => {
  for (const networks of ['unknown', 'missing'] as const) {
    const unknown = { facts: { ...NO_FACTS, networks } }
    judgesAlike(t, rule, { [networks]: [at('mig'), 'warn'] }, unknown)
    t.equal(judged(v1, { settings: at('mig') }, null, unknown).allowed, true)
  }
  t.end()
})

t.test('a network that was deleted later does not block an edit of something else', t => {
  const gone = { settings: at('absent') }
  const edit = { settings: { ...at('absent'), progressTimeout: 200 } }
  t.equal(judged(v1, edit, gone, context).allowed, true)
  t.end()
})

t.test('a bound names the network with or without its namespace', t => {
  for (const name of ['absent', 'openshift-cnv/absent']) {
    const annotations = {
      [`exception.migration-guard.io/${rule}`]: `{reason: comes with the next release, expires: 2026-12-01, bound: {network: ${name}}}`,
    }
    const decision = judged(v1, { settings: at('absent'), annotations }, { annotations }, context)
    t.equal(decision.outcome, 'allowed-by-exception', name)
  }
  t.end()
})

t.test('it says what does not exist and what to do', t => {
  t.same(wordsOf(rule, { settings: at('near') }, context), [
    'there is no NetworkAttachmentDefinition openshift-cnv/near.',
    'virt-handler restarts with the network and does not come up without it, on any node.',
    'create openshift-cnv/near first, or correct the name',
  ])
  t.match(wordsOf(rule, { settings: at('near') })[0], 'no list of them is at hand')
  t.match(
    wordsOf(rule, { settings: at('near') }, { facts: { ...NO_FACTS, networks: 'missing' } })[0],
    'Multus is not installed',
  )
  t.end()
})
