import t from 'tap'
import { type Decision, decide } from '../../../src/core/decision.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { contextOf } from '../../support/decide.ts'
import { stored } from '../../support/eras.ts'
import {
  approving,
  exceptionText,
  factsOf,
  migrationPolicy,
  requestOf,
  type Values,
  vmi,
} from '../../support/review.ts'
import {
  findingsOf,
  judged,
  judgesAlike,
  obeysTheContract,
  wordsOf,
} from '../../support/rule-contract.ts'

const rule = 'post-copy-critical-data'
const DATA = 'migration-guard.io/data'
const v1 = { era: '1.20', version: 'v1' } as const
const on = { allowPostCopy: true, allowWorkloadDisruption: true }
const off = { allowPostCopy: false, allowWorkloadDisruption: true }
const declared = { [DATA]: 'critical' }
const ledger = vmi('ledger', { [DATA]: 'critical', tier: 'gold' })
const observed = { facts: factsOf([ledger]) }

t.test('post copy with declared critical data, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'allowPostCopy',
    fine: { settings: off, annotations: declared },
    trips: { settings: on, annotations: declared },
    bound: { network: '(pod network)' },
    shortBounds: [{ network: 'mig' }, { policy: 'gold' }],
  })
  t.end()
})

t.test('post copy for a critical VM, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'allowPostCopy',
    fine: { settings: off },
    trips: { settings: on },
    bound: { network: '(pod network)' },
    shortBounds: [{ network: 'mig' }, { policy: '' }],
    context: observed,
  })
  t.end()
})

t.test('post copy counts where it is effective', t => {
  judgesAlike(
    t,
    rule,
    {
      effective: [on, 'deny'],
      'disruption absent': [{ ...on, allowWorkloadDisruption: undefined }, 'deny'],
      'disruption null': [{ ...on, allowWorkloadDisruption: null }, 'deny'],
      'disruption false': [{ ...on, allowWorkloadDisruption: false }, 'nothing'],
      'post copy false': [off, 'nothing'],
      'post copy null': [{ ...on, allowPostCopy: null }, 'nothing'],
      'post copy of a wrong type': [{ ...on, allowPostCopy: 1 }, 'nothing'],
      'timeout 0': [{ ...on, completionTimeoutPerGiB: 0 }, 'nothing'],
      'timeout negative': [{ ...on, completionTimeoutPerGiB: -1 }, 'deny'],
    },
    observed,
  )
  t.end()
})

t.test(
  'critical is what is declared on the object, in the policy, on a VM or on its namespace',
  t => {
    const isRefused = (annotations: Record<string, string>, context: Partial<DecisionContext>) =>
      findingsOf(judged(v1, { settings: on, annotations }, null, context), rule).length > 0
    const namespace = (labels: Values): JsonObject => ({
      kind: 'Namespace',
      metadata: { name: 'db', labels },
    })
    const stopped = { ...ledger, status: { phase: 'Succeeded' } }
    t.same(
      [
        isRefused(declared, {}),
        isRefused({ [DATA]: ' Critical ' }, {}),
        isRefused({}, { policy: { ...DEFAULT_POLICY, data: 'critical' } }),
        isRefused({}, observed),
        isRefused({}, { facts: factsOf([vmi('a'), namespace({ [DATA]: 'critical' })]) }),
        isRefused({}, {}),
        isRefused({ [DATA]: 'precious' }, {}),
        isRefused({}, { facts: factsOf([vmi('a'), namespace({})]) }),
        isRefused({}, { facts: factsOf([vmi('a', {}, 'web'), namespace({ [DATA]: 'critical' })]) }),
        isRefused({}, { facts: factsOf([stopped]) }),
      ],
      [true, true, true, true, true, false, false, false, false, false],
    )
    t.end()
  },
)

const protects = migrationPolicy('protects', {
  selectors: { virtualMachineInstanceSelector: { tier: 'gold' } },
  allowPostCopy: false,
})
const exposes = migrationPolicy('exposes', {
  selectors: { virtualMachineInstanceSelector: { tier: 'gold' }, namespaceSelector: {} },
  allowPostCopy: true,
})

t.test('the policy that wins for a VM decides', t => {
  const refused = (settings: Values, ...policies: JsonObject[]) =>
    findingsOf(judged(v1, { settings }, null, { facts: factsOf([ledger, ...policies]) }), rule)
  t.same(refused(on, protects), [], 'protected')
  t.match(refused(off, exposes), [{ bound: { policy: 'exposes' } }], 'exposed')
  t.match(refused(on, protects, exposes), [{ bound: { policy: 'exposes' } }], 'the lower name wins')
  const others = migrationPolicy('others', {
    selectors: { virtualMachineInstanceSelector: { tier: 'lead' } },
    allowPostCopy: false,
  })
  t.match(refused(on, others), [{ bound: { network: '(pod network)' } }], 'a policy for others')
  const two = { facts: factsOf([ledger, vmi('b', { [DATA]: 'critical' }), exposes]) }
  t.equal(
    findingsOf(judged(v1, { settings: on }, null, two), rule).length,
    2,
    'one for each winner',
  )
  t.end()
})

t.test('what is declared is judged besides what is observed', t => {
  const state = { settings: on, annotations: declared }
  const facts = factsOf([ledger, protects])
  t.match(findingsOf(judged(v1, state, null, { facts }), rule), [{ identity: 'declared' }])
  const found = findingsOf(judged(v1, state, { settings: on }, observed), rule)
  t.same(
    found.map(({ change }) => change),
    ['kept', 'kept'],
    'declaring introduces nothing',
  )
  t.end()
})

function ofPolicy(
  operation: 'CREATE' | 'UPDATE' | 'DELETE',
  object: JsonObject | null,
  old: JsonObject | null,
  objects: readonly JsonObject[] = [ledger],
  changes: Partial<DecisionContext> = {},
  settings: Values = on,
): Decision {
  const known = old === null ? [] : [old]
  const facts = factsOf([...objects, stored('1.20', settings), ...known])
  return decide('validate', requestOf(operation, object, old), contextOf({ facts, ...changes }))
}

t.test('a deletion is shown at a field of no other policy', t => {
  const fast = migrationPolicy('fast', { selectors: {}, allowPostCopy: true })
  const fieldsOf = (decision: Decision) => findingsOf(decision, rule).map(({ field }) => field)
  const deleted = ofPolicy('DELETE', null, protects, [ledger, fast], {}, off)
  t.match(findingsOf(deleted, rule), [{ message: 'MigrationPolicy fast wins' }])
  t.same(fieldsOf(deleted), ['spec'])
  t.same(fieldsOf(ofPolicy('UPDATE', exposes, protects)), ['spec.allowPostCopy'])
  t.end()
})

t.test('a MigrationPolicy is judged by the VMs it wins or gives up', t => {
  t.equal(ofPolicy('CREATE', protects, null).allowed, true)
  const deleted = ofPolicy('DELETE', null, protects)
  t.equal(deleted.allowed, false, 'deleting a protecting policy')
  t.match(findingsOf(deleted, rule), [{ field: 'spec', hits: ['db/ledger'] }])
  t.equal(ofPolicy('DELETE', null, protects, [vmi('a')]).allowed, true, 'it protects nobody')
  t.equal(ofPolicy('DELETE', null, protects, [ledger], {}, off).allowed, true, 'post copy is off')
  t.equal(ofPolicy('CREATE', exposes, null, [ledger], {}, off).allowed, false, 'exposing')
  t.equal(
    ofPolicy('CREATE', exposes, null).allowed,
    false,
    'it was exposed before, but not so that switching the cluster settings off left it so',
  )
  const follows = migrationPolicy('slow', { ...(exposes.spec as Values), allowPostCopy: undefined })
  t.equal(ofPolicy('CREATE', follows, null).allowed, true, 'it follows the cluster settings')
  t.equal(ofPolicy('CREATE', exposes, null, [ledger, protects]).allowed, false, 'taking over')
  const elsewhere = { ...protects, spec: { ...(protects.spec as Values), selectors: {} } }
  t.equal(ofPolicy('UPDATE', elsewhere, protects).allowed, true, 'still matches')
  const nobody = { ...protects, spec: { allowPostCopy: false } }
  t.equal(ofPolicy('UPDATE', nobody, protects).allowed, false, 'no selectors match nothing')
  const narrower = migrationPolicy('protects', {
    selectors: { virtualMachineInstanceSelector: { tier: 'gold', zone: 'a' } },
    allowPostCopy: false,
  })
  t.equal(ofPolicy('UPDATE', narrower, protects).allowed, false, 'matches no more')
  t.end()
})

t.test('exposing one VM more is new, although another is exposed already', t => {
  const second = vmi('second', { [DATA]: 'critical' })
  const decision = ofPolicy('DELETE', null, protects, [ledger, second])
  t.equal(decision.allowed, false)
  t.end()
})

t.test('forty thousand critical VMs are judged while the client waits', t => {
  const vms = Array.from({ length: 40_000 }, (_, index) =>
    vmi(`vm-${index}`, { [DATA]: 'critical', tier: index % 2 === 0 ? 'gold' : 'lead' }),
  )
  const moved = migrationPolicy('protects', {
    selectors: { virtualMachineInstanceSelector: { tier: 'lead' } },
    allowPostCopy: false,
  })
  const facts = factsOf([...vms, stored('1.20', on), protects])
  const start = performance.now()
  const decision = decide('validate', requestOf('UPDATE', moved, protects), contextOf({ facts }))
  const elapsed = performance.now() - start
  t.match(findingsOf(decision, rule), [{ effect: 'deny', message: /^20000 critical VMs run/ }])
  t.ok(elapsed < 2000, `${elapsed.toFixed(0)} ms`)
  t.end()
})

t.test('an exception for a deletion is read from the object that is deleted', t => {
  const key = `exception.migration-guard.io/${rule}`
  const bound = { network: '(pod network)' }
  const guarded = {
    ...protects,
    metadata: { name: 'protects', annotations: { [key]: exceptionText({ bound }) } },
  }
  const outcome = (object: JsonObject) => ofPolicy('DELETE', null, object).outcome
  t.equal(outcome(guarded), 'allowed-by-exception')
  const expired = { [key]: exceptionText({ bound, expires: '2026-11-22' }) }
  t.equal(outcome({ ...protects, metadata: { name: 'protects', annotations: expired } }), 'denied')
  const narrow = { [key]: exceptionText({ bound: { policy: 'other' } }) }
  t.equal(outcome({ ...protects, metadata: { name: 'protects', annotations: narrow } }), 'denied')
  const boundless = { [key]: exceptionText() }
  t.equal(
    outcome({ ...protects, metadata: { name: 'protects', annotations: boundless } }),
    'denied',
    'what it was for, nobody can tell any more',
  )
  t.equal(
    ofPolicy('UPDATE', guarded, protects, [ledger], { approvals: approving(rule) }).allowed,
    true,
    'it is added first',
  )
  t.equal(ofPolicy('UPDATE', guarded, protects).allowed, false, 'by somebody who may')
  t.end()
})

t.test('it says how many, which and what to write', t => {
  t.same(wordsOf(rule, { settings: on }, observed), [
    'a critical VM runs (db/ledger), and post copy is on for it in the cluster settings.',
    'A VM whose post copy fails dies with what its memory held.',
    'set allowPostCopy to false, or first protect these VMs with a MigrationPolicy that selects them and has allowPostCopy: false',
  ])
  const many = ['a', 'b', 'c', 'd'].map(name => vmi(name, { [DATA]: 'critical' }))
  t.match(
    wordsOf(rule, { settings: on }, { facts: factsOf(many) })[0],
    '4 critical VMs run (db/a, db/b, db/c and 1 more)',
  )
  t.equal(
    wordsOf(rule, { settings: on, annotations: declared })[2],
    'set allowPostCopy to false',
    'no policy would help against a declaration',
  )
  t.match(
    wordsOf(rule, { settings: off }, { facts: factsOf([ledger, exposes]) })[2],
    'in MigrationPolicy exposes',
  )
  t.end()
})
