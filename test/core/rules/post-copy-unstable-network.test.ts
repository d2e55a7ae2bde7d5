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
  network,
  requestOf,
  type Texts,
  type Values,
} from '../../support/review.ts'
import {
  findingsOf,
  judged,
  judgesAlike,
  obeysTheContract,
  wordsOf,
} from '../../support/rule-contract.ts'

const rule = 'post-copy-unstable-network'
const FLAG = 'migration-guard.io/network-stability'
const v1 = { era: '1.20', version: 'v1' } as const
const on = { allowPostCopy: true, allowWorkloadDisruption: true, network: 'bad' }
const networks = [
  network('bad', 'unstable'),
  network('worse', 'unstable'),
  network('good', 'stable'),
]
const context = { facts: factsOf(networks) }

t.test('post copy on an unstable network, rule by rule', t => {
  obeysTheContract(t, {
    rule,
    field: 'allowPostCopy',
    fine: { settings: { ...on, allowPostCopy: false } },
    trips: { settings: on },
    worse: { settings: { ...on, network: 'worse' } },
    bound: { network: 'bad' },
    shortBounds: [
      { network: 'worse' },
      { network: 'other/bad' },
      { network: '(pod network)' },
      { policy: 'bad' },
      { completionTimeoutPerGiB: 1000 },
    ],
    context,
  })
  t.end()
})

t.test('post copy on an unstable pod network, rule by rule', t => {
  const annotations = { [FLAG]: 'unstable' }
  const settings = { ...on, network: undefined }
  obeysTheContract(t, {
    rule,
    field: 'allowPostCopy',
    fine: { settings: { ...settings, allowPostCopy: false }, annotations },
    trips: { settings, annotations },
    bound: { network: '(pod network)' },
    shortBounds: [{ network: 'openshift-cnv/(pod network)' }, { network: '' }],
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
      'disruption of a wrong type': [{ ...on, allowWorkloadDisruption: 'no' }, 'deny'],
      'disruption false': [{ ...on, allowWorkloadDisruption: false }, 'nothing'],
      'post copy false': [{ ...on, allowPostCopy: false }, 'nothing'],
      'post copy absent': [{ ...on, allowPostCopy: undefined }, 'nothing'],
      'post copy null': [{ ...on, allowPostCopy: null }, 'nothing'],
      'post copy "true" is invalid': [{ ...on, allowPostCopy: 'true' }, 'nothing'],
      'timeout 0': [{ ...on, completionTimeoutPerGiB: 0 }, 'nothing'],
      'timeout absent': [{ ...on, completionTimeoutPerGiB: undefined }, 'deny'],
      'timeout negative': [{ ...on, completionTimeoutPerGiB: -1 }, 'deny'],
      'timeout of a wrong type': [{ ...on, completionTimeoutPerGiB: '0' }, 'deny'],
      'stable network': [{ ...on, network: 'good' }, 'nothing'],
      'unknown network': [{ ...on, network: 'unheard-of' }, 'nothing'],
      'with its namespace': [{ ...on, network: 'openshift-cnv/bad' }, 'deny'],
      'of another namespace': [{ ...on, network: 'other/bad' }, 'nothing'],
      'among several': [{ ...on, network: 'good,bad' }, 'deny'],
      'among several, with blanks': [{ ...on, network: 'good, openshift-cnv/bad@net1' }, 'deny'],
      'with an interface name': [{ ...on, network: 'bad@net1' }, 'deny'],
      'network null is the pod network': [{ ...on, network: null }, 'nothing'],
      'network empty is the pod network': [{ ...on, network: '' }, 'nothing'],
    },
    context,
  )
  t.end()
})

t.test('unstable wins wherever it is said', t => {
  const labelled = (labels: Texts, annotations: Texts): JsonObject => ({
    kind: 'NetworkAttachmentDefinition',
    metadata: { name: 'bad', namespace: 'openshift-cnv', labels, annotations },
  })
  const facts = (labels: Texts, annotations: Texts = {}) => ({
    facts: factsOf([labelled(labels, annotations)]),
  })
  const listed = (...unstable: string[]) => ({
    facts: factsOf([network('bad', 'stable')]),
    policy: { ...DEFAULT_POLICY, networks: { podNetwork: null, unstable } },
  })
  const isRefused = (context: Partial<DecisionContext>) =>
    findingsOf(judged(v1, { settings: on }, null, context), rule).length > 0
  t.same(
    [
      isRefused(facts({ [FLAG]: 'unstable' })),
      isRefused(facts({}, { [FLAG]: 'unstable' })),
      isRefused(facts({ [FLAG]: 'stable' }, { [FLAG]: 'unstable' })),
      isRefused(facts({ [FLAG]: 'unstable' }, { [FLAG]: 'stable' })),
      isRefused(facts({ [FLAG]: ' Unstable ' })),
      isRefused(listed('bad')),
      isRefused(listed('openshift-cnv/bad')),
      isRefused(facts({ [FLAG]: 'stable' })),
      isRefused(facts({ [FLAG]: 'flaky' })),
      isRefused(facts({})),
      isRefused(listed('other/bad', 'good')),
    ],
    [true, true, true, true, true, true, true, false, false, false, false],
  )
  t.end()
})

t.test(
  'the pod network is flagged by annotation or by the policy, and counts only without a network',
  t => {
    const flagged = { [FLAG]: 'unstable' }
    const pod = (podNetwork: 'stable' | 'unstable') => ({
      policy: { ...DEFAULT_POLICY, networks: { podNetwork, unstable: [] } },
    })
    const isRefused = (
      settings: Values,
      annotations: Texts,
      context: Partial<DecisionContext> = {},
    ) => findingsOf(judged(v1, { settings, annotations }, null, context), rule).length > 0
    const bare = { ...on, network: undefined }
    t.same(
      [
        isRefused(bare, flagged),
        isRefused(bare, { [FLAG]: ' UNSTABLE' }),
        isRefused(bare, {}, pod('unstable')),
        isRefused(bare, { [FLAG]: 'stable' }, pod('unstable')),
        isRefused(bare, flagged, pod('stable')),
        isRefused(bare, {}),
        isRefused(bare, { [FLAG]: 'stable' }),
        isRefused({ ...on, network: 'good' }, flagged, { ...context, ...pod('unstable') }),
      ],
      [true, true, true, true, true, false, false, false],
    )
    t.end()
  },
)

t.test('a flag that is set later, or in the same request, does not refuse what is there', t => {
  const settings = { ...on, network: undefined }
  const flagged = { settings, annotations: { [FLAG]: 'unstable' } }
  const decision = judged(v1, flagged, { settings })
  t.match(decision, { allowed: true })
  t.match(findingsOf(decision, rule), [{ change: 'kept', effect: 'warn' }])
  const both = judged(v1, flagged, { settings: { ...settings, allowPostCopy: false } })
  t.equal(both.allowed, false, 'but post copy that comes with it is new')
  t.end()
})

const fast = migrationPolicy('fast', { selectors: {}, allowPostCopy: true })
const inert = { ...on, allowPostCopy: false, allowWorkloadDisruption: false }

t.test('a MigrationPolicy that is there switches post copy on by itself', t => {
  const facts = factsOf([...networks, fast])
  const cases: Record<string, readonly [Values, 'deny' | 'nothing']> = {
    'moving to an unstable network': [inert, 'deny'],
    'a stable network': [{ ...inert, network: 'good' }, 'nothing'],
    'no timeout': [{ ...inert, completionTimeoutPerGiB: 0 }, 'nothing'],
  }
  judgesAlike(t, rule, cases, { facts })
  judgesAlike(t, rule, { 'without that policy': [inert, 'nothing'] }, context)
  const [finding] = findingsOf(judged(v1, { settings: inert }, null, { facts }), rule)
  t.match(finding, {
    field: 'spec.virtualization.liveMigrationConfig.allowPostCopy',
    bound: { network: 'openshift-cnv/bad', policy: 'fast' },
  })
  t.match(finding?.fix, 'in MigrationPolicy fast')
  t.end()
})

t.test('a MigrationPolicy is merged field by field', t => {
  const effective = (cluster: Values, spec: Values) => {
    const facts = factsOf([...networks, migrationPolicy('p', spec)])
    const settings = { ...inert, ...cluster }
    return judged(v1, { settings }, null, { facts }).findings.filter(
      ({ rule: id, message }) => id === rule && message.includes('MigrationPolicy p '),
    ).length
  }
  t.same(
    [
      effective({}, { allowPostCopy: true }),
      effective({ allowPostCopy: true }, { allowWorkloadDisruption: true }),
      effective(
        { allowPostCopy: true, completionTimeoutPerGiB: 0 },
        { allowWorkloadDisruption: true },
      ),
      effective(
        { allowPostCopy: true, completionTimeoutPerGiB: 0 },
        { allowWorkloadDisruption: true, completionTimeoutPerGiB: 10 },
      ),
      effective({ allowPostCopy: true }, { completionTimeoutPerGiB: 10 }),
      effective({}, { allowPostCopy: true, allowWorkloadDisruption: false }),
      effective(on, { allowPostCopy: false }),
      effective(on, {}),
      effective(on, { completionTimeoutPerGiB: 0 }),
      effective(on, { network: 'good' }),
    ],
    [1, 1, 0, 1, 0, 0, 0, 1, 0, 1],
  )
  t.end()
})

function ofPolicy(
  operation: 'CREATE' | 'UPDATE' | 'DELETE',
  object: JsonObject | null,
  old: JsonObject | null,
  settings: Values,
  changes: Partial<DecisionContext> = {},
): Decision {
  const known = old === null ? [] : [old]
  const facts = factsOf([...networks, stored('1.20', settings), ...known])
  return decide('validate', requestOf(operation, object, old), contextOf({ facts, ...changes }))
}

t.test('requests for a MigrationPolicy are judged before and after', t => {
  const slow = migrationPolicy('fast', { selectors: {}, allowPostCopy: false })
  const created = ofPolicy('CREATE', fast, null, inert)
  t.equal(created.allowed, false)
  t.match(findingsOf(created, rule), [{ field: 'spec.allowPostCopy', change: 'introduced' }])
  t.equal(ofPolicy('UPDATE', fast, slow, inert).allowed, false)
  t.equal(ofPolicy('UPDATE', slow, fast, inert).allowed, true)
  t.match(ofPolicy('UPDATE', slow, fast, inert), { repair: true })
  t.equal(ofPolicy('DELETE', null, fast, inert).allowed, true)
  t.equal(ofPolicy('CREATE', fast, null, { ...inert, network: 'good' }).allowed, true)
  const labelled = { ...fast, metadata: { name: 'fast', labels: { a: 'b' } } }
  t.equal(ofPolicy('UPDATE', labelled, fast, inert).allowed, true, 'a label')
  const more = migrationPolicy('fast', {
    selectors: {},
    allowPostCopy: true,
    allowAutoConverge: true,
  })
  t.match(ofPolicy('UPDATE', more, fast, inert), { allowed: true }, 'what was there stays')
  t.end()
})

t.test(
  'deleting a policy that keeps post copy off is worse, although post copy was on before',
  t => {
    const spares = migrationPolicy('spares', { selectors: {}, allowPostCopy: false })
    const useless = migrationPolicy('useless', { allowPostCopy: false })
    t.equal(ofPolicy('DELETE', null, spares, on).allowed, false)
    t.equal(
      ofPolicy('DELETE', null, useless, on).allowed,
      true,
      'one without selectors spares nobody',
    )
    t.equal(ofPolicy('DELETE', null, spares, { ...on, allowPostCopy: false }).allowed, true)
    t.equal(ofPolicy('CREATE', spares, null, on).allowed, true)
    const off = migrationPolicy('spares', { selectors: {}, allowPostCopy: true })
    t.equal(ofPolicy('UPDATE', off, spares, on).allowed, false)
    t.end()
  },
)

t.test('with other selectors a policy wins for other VMs', t => {
  const some = migrationPolicy('fast', {
    selectors: { virtualMachineInstanceSelector: { tier: 'gold' } },
    allowPostCopy: true,
  })
  t.equal(ofPolicy('UPDATE', fast, some, inert).allowed, false)
  t.equal(
    ofPolicy('UPDATE', { ...some, metadata: { name: 'fast', labels: {} } }, some, inert).allowed,
    true,
  )
  t.end()
})

t.test('a MigrationPolicy carries exceptions, too', t => {
  const key = `exception.migration-guard.io/${rule}`
  const excused = (changes: Values = {}) =>
    migrationPolicy('fast', { allowPostCopy: true }, { [key]: exceptionText(changes) })
  const approvals = approving(rule)
  const outcome = (changes: Values, context: Partial<DecisionContext>) =>
    ofPolicy('CREATE', excused(changes), null, inert, context).outcome
  t.equal(outcome({}, { approvals }), 'allowed-by-exception')
  t.equal(outcome({}, {}), 'denied')
  const both = { network: 'openshift-cnv/bad', policy: 'fast' }
  t.equal(outcome({ bound: both }, { approvals }), 'allowed-by-exception')
  t.equal(outcome({ bound: { network: both.network } }, { approvals }), 'denied')
  t.equal(outcome({ bound: { policy: 'fast' } }, { approvals }), 'denied')
  t.equal(
    outcome({ bound: { ...both, policy: ['slow', 'fast'] } }, { approvals }),
    'allowed-by-exception',
  )
  t.end()
})

t.test('it says which network, what would happen and what to write', t => {
  t.same(wordsOf(rule, { settings: on }, context), [
    'post copy is on, and the migration network openshift-cnv/bad is flagged unstable (migration-guard.io/network-stability on the NetworkAttachmentDefinition).',
    'If the link fails during post copy the VM is lost: part of its memory is on each node.',
    'set allowPostCopy to false, or set network to a stable NetworkAttachmentDefinition',
  ])
  const [own] = findingsOf(ofPolicy('CREATE', fast, null, inert), rule)
  t.equal(own?.fix, 'set allowPostCopy to false in this policy, or migrate over a stable network')
  t.end()
})

t.test('of a policy without selectors it is not said that it selects VMs', t => {
  const waiting = migrationPolicy('waiting', { allowPostCopy: true })
  const { findings } = ofPolicy('CREATE', waiting, null, inert)
  t.match(findings, [{ rule, effect: 'deny' }])
  t.match(
    findings[0]?.message,
    /^MigrationPolicy waiting together with the cluster settings selects no VM as long as it has no selectors, and would switch post copy on for those that it is given, and /,
  )
  t.end()
})
