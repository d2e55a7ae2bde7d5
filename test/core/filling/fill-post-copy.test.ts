import t from 'tap'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { notesOf } from '../../support/decide.ts'
import { stored } from '../../support/eras.ts'
import { DECLARED, filledBy, mutated, PINNED } from '../../support/mutated.ts'
import {
  factsOf,
  migrationPolicy,
  network,
  type Texts,
  type Values,
  vmi,
} from '../../support/review.ts'

t.test('post copy that is absent is filled although heavy workloads are only assumed', t => {
  const decision = mutated(stored('1.17', { allowPostCopy: undefined }))
  t.equal(filledBy(decision).allowPostCopy, true)
  t.end()
})

t.test(
  'post copy is never filled where it endangers a VM, is not known to be safe, or would do nothing',
  t => {
    const bad = [network('bad', 'unstable')]
    const cases: Readonly<
      Record<string, readonly [Values, Texts, Partial<DecisionContext>, RegExp]>
    > = {
      'the network is unstable': [
        { network: 'bad' },
        DECLARED,
        { facts: factsOf(bad) },
        /openshift-cnv\/bad is flagged unstable/,
      ],
      'the pod network is unstable': [
        {},
        { ...DECLARED, 'migration-guard.io/network-stability': 'unstable' },
        {},
        /\(pod network\) is flagged unstable/,
      ],
      'critical data is declared': [
        {},
        { ...DECLARED, 'migration-guard.io/data': 'critical' },
        {},
        /critical data is declared/,
      ],
      'critical data is in the policy': [
        {},
        DECLARED,
        { policy: { ...DEFAULT_POLICY, data: 'critical' } },
        /data: critical in the policy/,
      ],
      'a critical VM runs': [
        {},
        DECLARED,
        { facts: factsOf([vmi('ledger', { 'migration-guard.io/data': 'critical' })]) },
        /critical VMs run here, such as db\/ledger/,
      ],
      'the cluster is not known yet': [
        {},
        DECLARED,
        { facts: { ...factsOf([]), synced: false } },
        /not known yet/,
      ],
      'disruption is forbidden': [
        {},
        { ...DECLARED, [PINNED]: 'allowWorkloadDisruption' },
        {},
        /would do nothing while allowWorkloadDisruption is false/,
      ],
      'there is no timeout': [
        { completionTimeoutPerGiB: 0 },
        DECLARED,
        {},
        /would do nothing while completionTimeoutPerGiB is 0/,
      ],
    }
    for (const [name, [settings, annotations, context, why]] of Object.entries(cases)) {
      const decision = mutated(stored('1.20', settings, annotations), null, context)
      const { allowPostCopy, allowWorkloadDisruption } = filledBy(decision)
      t.same([allowPostCopy, allowWorkloadDisruption], [undefined, undefined], name)
      t.match(notesOf(decision).join('\n'), why, name)
      const own = mutated(
        stored('1.20', { ...settings, allowPostCopy: true }, annotations),
        null,
        context,
      )
      t.equal(filledBy(own).allowWorkloadDisruption, undefined, `${name}, post copy by the user`)
    }
    t.end()
  },
)

t.test('a critical VM that a policy protects still speaks against post copy', t => {
  const protects = migrationPolicy('p', { selectors: {}, allowPostCopy: false })
  const facts = factsOf([vmi('ledger', { 'migration-guard.io/data': 'critical' }), protects])
  t.equal(filledBy(mutated(stored('1.20', {}, DECLARED), null, { facts })).allowPostCopy, undefined)
  t.end()
})

t.test(
  'disruption is filled where post copy is switched on in the request, and suggested where it was on',
  t => {
    const old = stored('1.20')
    const own = { allowPostCopy: true }
    const disruption = (object: JsonObject, before: JsonObject | null) =>
      filledBy(mutated(object, before)).allowWorkloadDisruption
    t.equal(disruption(stored('1.20', own), null), true, 'on CREATE')
    t.equal(disruption(stored('1.20', own), old), true, 'became true')
    t.equal(disruption(stored('1.20', own), stored('1.20', { allowPostCopy: undefined })), true)
    t.equal(
      disruption(stored('1.20', { ...own, progressTimeout: 200 }), stored('1.20', own)),
      undefined,
    )
    const unrelated = mutated(stored('1.20', { ...own, progressTimeout: 200 }), stored('1.20', own))
    t.match(notesOf(unrelated).join(), /this request is about something else/)
    t.equal(
      disruption(stored('1.20', own, { [PINNED]: 'allowWorkloadDisruption' }), null),
      undefined,
      'pinned',
    )
    t.equal(
      disruption(stored('1.17', own, {}, 'v1beta1'), null),
      undefined,
      'not where the CRD lacks it',
    )
    t.end()
  },
)
