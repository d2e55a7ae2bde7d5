import t from 'tap'
import type { Values } from '../../support/review.ts'
import { judgesAlike, obeysTheContract, wordsOf } from '../../support/rule-contract.ts'

const rule = 'post-copy-inert'
const on = { allowPostCopy: true, allowWorkloadDisruption: true, completionTimeoutPerGiB: 150 }

t.test('post copy without disruption, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'allowPostCopy',
    fine: { settings: on },
    trips: { settings: { ...on, allowWorkloadDisruption: false } },
  })
  t.end()
})

t.test('post copy without a timeout, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'allowPostCopy',
    fine: { settings: on },
    trips: { settings: { ...on, completionTimeoutPerGiB: 0 } },
    worse: { settings: { ...on, allowWorkloadDisruption: false, completionTimeoutPerGiB: 0 } },
  })
  t.end()
})

t.test('post copy is inert exactly where it is allowed and cannot start', t => {
  const cases: Record<string, readonly [Values, 'warn' | 'nothing']> = {}
  for (const allowPostCopy of [true, false, undefined, null])
    for (const allowWorkloadDisruption of [true, false, undefined, null])
      for (const completionTimeoutPerGiB of [150, 1, 0, -1, undefined, null]) {
        const settings = { allowPostCopy, allowWorkloadDisruption, completionTimeoutPerGiB }
        const inert =
          allowPostCopy === true &&
          (allowWorkloadDisruption === false || completionTimeoutPerGiB === 0)
        cases[Object.values(settings).map(String).join()] = [settings, inert ? 'warn' : 'nothing']
      }
  judgesAlike(t, rule, cases)
  t.end()
})

t.test('values of a wrong type are invalid, not inert', t => {
  judgesAlike(t, rule, {
    'allowPostCopy "true"': [
      { ...on, allowPostCopy: 'true', allowWorkloadDisruption: false },
      'nothing',
    ],
    'allowWorkloadDisruption "false"': [{ ...on, allowWorkloadDisruption: 'false' }, 'nothing'],
    'completionTimeoutPerGiB "0"': [{ ...on, completionTimeoutPerGiB: '0' }, 'nothing'],
  })
  t.end()
})

t.test('it says why nothing happens and what to write', t => {
  t.same(wordsOf(rule, { settings: { ...on, allowWorkloadDisruption: false } }), [
    'post copy never happens, because allowWorkloadDisruption is false.',
    'KubeVirt switches to post copy only where disruption is allowed.',
    'set allowWorkloadDisruption to true, or allowPostCopy to false',
  ])
  t.same(wordsOf(rule, { settings: { ...on, completionTimeoutPerGiB: 0 } }).slice(1), [
    'A timeout of 0 is no timeout, and the timeout is what starts post copy.',
    'set completionTimeoutPerGiB to 150, or allowPostCopy to false',
  ])
  t.end()
})
