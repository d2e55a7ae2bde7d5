import t from 'tap'
import type { Values } from '../../support/review.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'workload-disruption-pauses'

t.test('disruption without post copy, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'allowWorkloadDisruption',
    fine: { settings: { allowWorkloadDisruption: true, allowPostCopy: true } },
    trips: { settings: { allowWorkloadDisruption: true, allowPostCopy: false } },
  })
  t.end()
})

t.test('VMs are paused exactly where disruption is allowed and post copy is not', t => {
  const cases: Record<string, readonly [Values, 'warn' | 'nothing']> = {
    'text is invalid': [{ allowWorkloadDisruption: 'true', allowPostCopy: false }, 'nothing'],
  }
  for (const allowPostCopy of [true, false, undefined, null])
    for (const allowWorkloadDisruption of [true, false, undefined, null]) {
      const settings = { allowPostCopy, allowWorkloadDisruption }
      const pauses = allowWorkloadDisruption === true && allowPostCopy !== true
      cases[Object.values(settings).map(String).join()] = [settings, pauses ? 'warn' : 'nothing']
    }
  judgesAlike(t, rule, cases)
  t.end()
})

t.test('it says what would happen and what to write', t => {
  t.same(wordsOf(rule, { settings: { allowWorkloadDisruption: true } }), [
    'without post copy, a VM whose migration takes too long is paused.',
    'It stands still until the copy is done.',
    'set allowWorkloadDisruption to false, or also set allowPostCopy to true',
  ])
  t.end()
})
