import jsonpatch from 'fast-json-patch'
import t from 'tap'
import type { AdmissionRequest } from '../../src/core/admission-review.ts'
import { type Decision, decide } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { readFilled } from '../../src/core/filled-annotation.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts'
import { contextOf, notesOf } from '../support/decide.ts'
import { crdOf, ERA_NAMES, ERAS, type EraName, stored } from '../support/eras.ts'
import {
  factsOf,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
  vmi,
} from '../support/review.ts'

const FILLED = 'migration-guard.io/filled'
const PINNED = 'migration-guard.io/pinned'
const DECLARED = { 'migration-guard.io/workload-profile': 'heavy' }
const HEAVY = { facts: factsOf([vmi('big', { 'migration-guard.io/workload': 'heavy' })]) }

type Old = JsonObject | null
function mutated(
  object: JsonObject,
  old: Old = null,
  context: Partial<DecisionContext> = {},
  request: Partial<AdmissionRequest> = {},
): Decision {
  const asked = requestOf(old === null ? 'CREATE' : 'UPDATE', object, old, request)
  return decide('mutate', asked, contextOf(context))
}
function patched(object: JsonObject, { patch }: Decision): JsonObject {
  const copy = jsonpatch.deepClone(object)
  return jsonpatch.applyPatch(copy, patch as never, true).newDocument
}
const annotationsOf = (object: JsonObject) =>
  ((object.metadata as Values).annotations ?? {}) as Readonly<Record<string, string>>
const filledBy = (decision: Decision) =>
  Object.fromEntries(decision.filled.map(({ name, value }) => [name, value]))
const on = (era: EraName, settings: Values = {}, annotations: Texts = {}) =>
  mutated(stored(era, settings, annotations), null, {
    policy: { ...DEFAULT_POLICY, hcoVersion: era },
  })

t.test('an empty HyperConverged gets the guidance of its era', t => {
  const expected: Record<EraName, Values> = {
    '1.4': {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelOutboundMigrationsPerNode: 1,
    },
    '1.9': {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.13': {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.14': {
      bandwidthPerMigration: '0Mi',
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.17': {
      bandwidthPerMigration: '0Mi',
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.19': { bandwidthPerMigration: '0Mi', allowPostCopy: true, allowWorkloadDisruption: true },
    '1.20': { bandwidthPerMigration: '0Mi', allowPostCopy: true, allowWorkloadDisruption: true },
  }
  for (const era of ERA_NAMES) t.same(filledBy(on(era, {}, DECLARED)), expected[era], era)
  t.end()
})

t.test(
  'nothing is written where the stock value is stricter, and everything where it is wider',
  t => {
    const stock = (defaults: Values): Partial<DecisionContext> => ({
      facts: {
        ...HEAVY.facts,
        stock: {
          v1: {
            known: Object.keys(ERAS['1.20'].defaults) as never,
            defaults: { ...ERAS['1.20'].defaults, ...defaults },
            source: 'the CRD',
          },
        },
      },
    })
    const filled = (defaults: Values) => {
      const {
        allowPostCopy: _,
        allowWorkloadDisruption: __,
        ...numbers
      } = filledBy(mutated(stored('1.20', defaults), null, stock(defaults)))
      return numbers
    }
    t.same(
      filled({
        completionTimeoutPerGiB: 20,
        parallelMigrationsPerCluster: 3,
        progressTimeout: 300,
      }),
      {},
    )
    t.same(
      filled({
        completionTimeoutPerGiB: 800,
        parallelMigrationsPerCluster: 9,
        progressTimeout: 100,
        parallelOutboundMigrationsPerNode: 3,
      }),
      {
        completionTimeoutPerGiB: 150,
        parallelMigrationsPerCluster: 5,
        progressTimeout: 150,
        parallelOutboundMigrationsPerNode: 1,
      },
    )
    t.end()
  },
)

t.test('what the user set stays, on every era', t => {
  for (const era of ERA_NAMES) {
    const settings = Object.fromEntries(
      ERAS[era].known.map(name => [
        name,
        name === 'bandwidthPerMigration'
          ? '1Gi'
          : name === 'network'
            ? 'mig'
            : name.startsWith('allow')
              ? true
              : 7,
      ]),
    )
    t.same(on(era, settings, DECLARED).patch, [], era)
  }
  t.end()
})

t.test('800 from an older release is the user’s', t => {
  const decision = mutated(stored('1.17', { completionTimeoutPerGiB: 800 }), null, HEAVY)
  t.notOk('completionTimeoutPerGiB' in filledBy(decision))
  const judged = decide(
    'validate',
    requestOf('CREATE', stored('1.17', { completionTimeoutPerGiB: 800 })),
    contextOf(HEAVY),
  )
  const [finding] = judged.findings.filter(({ rule }) => rule === 'completion-timeout-long')
  t.match(finding, { effect: 'warn', fix: 'write completionTimeoutPerGiB: 150' })
  t.match(finding?.message, /800 was the default up to HCO 1\.13/)
  t.end()
})

t.test('only heavy workloads are filled', t => {
  t.same(mutated(stored('1.20'), null, { facts: factsOf([vmi('small')]) }).patch, [])
  t.same(on('1.20', {}, { 'migration-guard.io/workload-profile': 'standard' }).patch, [])
  t.same(
    filledBy(mutated(stored('1.20'))),
    { bandwidthPerMigration: '0Mi' },
    'assumed: all but post copy',
  )
  t.match(
    notesOf(mutated(stored('1.20'))).join(),
    /only assumed; to have it filled, declare annotation/,
  )
  t.equal(filledBy(on('1.4')).allowPostCopy, undefined, 'and not where the CRD has no such field')
  t.end()
})

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
    const disruption = (object: JsonObject, before: Old) =>
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

t.test('network and auto-converge are never filled', t => {
  for (const era of ERA_NAMES) {
    const names = on(era, {}, DECLARED).patch.map(({ path }) => path)
    t.notOk(
      names.some(path => /network$|allowAutoConverge/.test(path)),
      era,
    )
  }
  t.end()
})

t.test('filling never trips a rule: what would is left out, the rest is filled', t => {
  const jsonpatchTest = {
    'kubevirt.kubevirt.io/jsonpatch': JSON.stringify([
      {
        op: 'test',
        path: '/spec/configuration/migrations/parallelOutboundMigrationsPerNode',
        value: 2,
      },
    ]),
  }
  const decision = mutated(stored('1.17', {}, { ...DECLARED, ...jsonpatchTest }))
  t.same(filledBy(decision), { bandwidthPerMigration: '0Mi', allowPostCopy: true })
  const link = { policy: { ...DEFAULT_POLICY, linkBandwidth: '1Gi' } }
  const own = mutated(
    stored('1.17', { parallelOutboundMigrationsPerNode: 4, bandwidthPerMigration: undefined }),
    null,
    link,
  )
  t.equal(filledBy(own).bandwidthPerMigration, '0Mi', 'no limit is what it was before')
  t.end()
})

t.test('what one filling makes harmless is filled with it', t => {
  const insists = JSON.stringify([
    { op: 'test', path: '/spec/configuration/migrations/completionTimeoutPerGiB', value: 800 },
  ])
  const object = stored('1.4', {}, { 'kubevirt.kubevirt.io/jsonpatch': insists })
  const policy = { ...DEFAULT_POLICY, hcoVersion: '1.4', linkBandwidth: '1Gi' }
  const first = mutated(object, null, { policy })
  // Without a limit on bandwidth, two migrations from one node may be too many for the link, and one is not.
  t.same(filledBy(first), { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 })
  t.same(mutated(patched(object, first), null, { policy }).patch, [])
  t.end()
})

t.test('filling is due on CREATE, and when spec or an annotation of ours changes', t => {
  const old = stored('1.17')
  const filled = (object: JsonObject) => mutated(object, old).patch.length > 0
  t.equal(filled(old), false, 'nothing changed')
  t.equal(filled({ ...old, status: { a: 1 } }), false, 'the status')
  t.equal(filled(stored('1.17', {}, { other: 'x' })), false, 'another annotation')
  t.equal(
    filled(stored('1.17', {}, { 'kubevirt.kubevirt.io/jsonpatch': '[]' })),
    false,
    'the jsonpatch annotation',
  )
  t.equal(
    filled(stored('1.17', {}, { 'migration-guard.io/other': 'x' })),
    true,
    'an annotation of ours',
  )
  t.equal(
    filled(stored('1.17', {}, { 'exception.migration-guard.io/x': 'x' })),
    true,
    'an exception',
  )
  t.equal(
    filled({ ...old, spec: { ...(old.spec as Values), featureGates: {} } }),
    true,
    'another part of spec',
  )
  t.equal(filled(stored('1.17', { progressTimeout: 200 })), true, 'a setting')
  t.end()
})

t.test('some writes are never filled', t => {
  const object = stored('1.17')
  const operator = {
    username: 'system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator',
    uid: '',
    groups: [],
    extra: {},
  }
  t.same(
    mutated(object, null, {}, { userInfo: operator }).patch,
    [],
    'HCO’s own, with or without its pod',
  )
  t.same(mutated(object, null, {}, { subResource: 'status' }).patch, [], 'of a subresource')
  const deleted = stored('1.17', { progressTimeout: 200 }, {}, 'v1beta1', {
    deletionTimestamp: '2026-11-23T08:00:00Z',
  })
  t.same(mutated(deleted, deleted).patch, [], 'of an object that is being deleted')
  t.same(decide('mutate', requestOf('DELETE', null, object), contextOf()).patch, [], 'a DELETE')
  for (const invalid of [
    { progressTimeout: '150' },
    { allowPostCopy: 1 },
    { bandwidthPerMigration: '64m' },
  ])
    t.same(mutated(stored('1.17', invalid)).patch, [], JSON.stringify(invalid))
  for (const policy of ['off', 'suggest'] as const)
    t.same(
      mutated(object, null, { policy: { ...DEFAULT_POLICY, filling: policy } }).patch,
      [],
      policy,
    )
  t.same(decide('validate', requestOf('CREATE', object), contextOf()).patch, [], 'at /validate')
  t.same(decide('advise', requestOf('CREATE', object), contextOf()).patch, [], 'at /advise')
  t.same(mutated(migrationPolicy('p', { allowPostCopy: true })).patch, [], 'a MigrationPolicy')
  t.same(
    mutated(object, null, {}, { dryRun: true }).patch,
    mutated(object).patch,
    'but a dry run gets the same patch',
  )
  t.end()
})

t.test('suggesting says what would be filled, off says nothing', t => {
  const mode = (filling: Policy['filling']) =>
    mutated(stored('1.17'), null, { policy: { ...DEFAULT_POLICY, filling } })
  t.match(notesOf(mode('suggest')), [
    /^suggested bandwidthPerMigration: "0Mi"/,
    /^suggested parallelOutbound/,
    /allowPostCopy/,
  ])
  t.same(mode('suggest').filled, [])
  t.same(mode('off').notes, [])
  t.end()
})

t.test('each filled field is said with its value, why, and how to keep the stock value', t => {
  t.same(notesOf(mutated(stored('1.17'))).slice(0, 2), [
    'filled bandwidthPerMigration: "0Mi", no limit, so that a busy guest can be outrun (heavy workloads: assumed); any value you write is kept',
    'filled parallelOutboundMigrationsPerNode: 1, so that one migration at a time has the link of a node (heavy workloads: assumed); to keep 2, add annotation migration-guard.io/pinned: parallelOutboundMigrationsPerNode',
  ])
  t.end()
})

t.test('what was filled is recorded, in both versions, and goes when its value goes', t => {
  for (const version of ['v1', 'v1beta1'] as const) {
    const object = stored('1.20', {}, {}, version)
    const after = patched(object, mutated(object, null, HEAVY))
    t.equal(
      annotationsOf(after)[FILLED],
      'bandwidthPerMigration=0Mi,allowPostCopy=true,allowWorkloadDisruption=true',
    )
    const path =
      version === 'v1' ? '/spec/virtualization/liveMigrationConfig' : '/spec/liveMigrationConfig'
    t.equal(mutated(object, null, HEAVY).patch[0]?.path, `${path}/bandwidthPerMigration`)
  }
  const recorded = { [FILLED]: 'bandwidthPerMigration=0Mi,parallelOutboundMigrationsPerNode=1' }
  const before = stored(
    '1.17',
    { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 },
    recorded,
  )
  const changed = stored(
    '1.17',
    { bandwidthPerMigration: '64Mi', parallelOutboundMigrationsPerNode: 1 },
    recorded,
  )
  t.equal(
    annotationsOf(patched(changed, mutated(changed, before)))[FILLED],
    'parallelOutboundMigrationsPerNode=1',
  )
  const all = stored(
    '1.17',
    { bandwidthPerMigration: '64Mi', parallelOutboundMigrationsPerNode: 3 },
    recorded,
  )
  t.equal(FILLED in annotationsOf(patched(all, mutated(all, before))), false, 'the last one')
  t.end()
})

t.test('a record that somebody wrote is read with care', t => {
  t.same([...readFilled(undefined)], [])
  t.same(
    [...readFilled(' network = a=b , x=1,=2,progressTimeout,allowPostCopy=,network=c')],
    [
      ['network', 'c'],
      ['allowPostCopy', ''],
    ],
  )
  const lies = { [FILLED]: 'network=undefined,allowPostCopy=null,progressTimeout=7' }
  const before = stored('1.17', { allowPostCopy: null })
  const object = stored('1.17', { allowPostCopy: null }, lies)
  const text = annotationsOf(patched(object, mutated(object, before)))[FILLED]
  t.equal(text, 'bandwidthPerMigration=0Mi,allowPostCopy=true', 'the object was never defaulted')
  t.end()
})

t.test('what a user puts back to stock is pinned, until it leaves stock', t => {
  const filled = { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 }
  const record = { [FILLED]: 'bandwidthPerMigration=0Mi,parallelOutboundMigrationsPerNode=1' }
  const old = stored('1.17', filled, record)
  const reset = stored('1.17', { ...filled, parallelOutboundMigrationsPerNode: 2 }, record)
  const pinned = patched(reset, mutated(reset, old))
  t.same(annotationsOf(pinned), {
    [FILLED]: 'bandwidthPerMigration=0Mi',
    [PINNED]: 'parallelOutboundMigrationsPerNode',
  })
  const later = { ...pinned, spec: { ...(pinned.spec as Values), featureGates: {} } }
  t.same(mutated(later, pinned).patch, [], 'later edits leave it')
  const raised = stored(
    '1.17',
    { ...filled, parallelOutboundMigrationsPerNode: 3 },
    annotationsOf(pinned),
  )
  t.equal(PINNED in annotationsOf(patched(raised, mutated(raised, pinned))), false)
  t.end()
})

t.test('what is recorded although its value stays is told, once', t => {
  const old = stored(
    '1.17',
    { parallelMigrationsPerCluster: 7 },
    { [FILLED]: 'progressTimeout=150' },
  )
  const recorded = /^parallelMigrationsPerCluster is back at 5, its default/
  const cases: readonly (readonly [name: string, annotations: Texts, says: RegExp])[] = [
    ['by a file', {}, /, as the file does not name it: recorded in migration-guard\.io\/filled$/],
    [
      'by hand',
      { [FILLED]: 'progressTimeout=150' },
      /, which is kept as your wish: recorded in migration-guard\.io\/pinned$/,
    ],
  ]
  for (const [name, annotations, says] of cases) {
    const object = stored('1.17', {}, annotations)
    const first = mutated(object, old)
    const told = notesOf(first).filter(text => recorded.test(text))
    t.equal(told.length, 1, name)
    t.match(told[0], says, name)
    const again = notesOf(mutated(patched(object, first), old))
    t.same(
      again.filter(text => recorded.test(text)),
      [],
      `${name}, when asked again`,
    )
    for (const filling of ['suggest', 'off'] as const) {
      const policy = { ...DEFAULT_POLICY, filling }
      t.notMatch(notesOf(mutated(object, old, { policy })).join('\n'), 'is back at', filling)
    }
  }
  t.end()
})

t.test('nothing is pinned that is never filled, or where nothing is', t => {
  const old = stored('1.17', { allowAutoConverge: true, parallelOutboundMigrationsPerNode: 1 })
  const reset = stored('1.17')
  const pinned = (context: Partial<DecisionContext>) =>
    annotationsOf(patched(reset, mutated(reset, old, context)))[PINNED]
  t.equal(pinned({}), 'parallelOutboundMigrationsPerNode')
  t.equal(pinned({ facts: factsOf([vmi('small')]) }), undefined)
  t.end()
})

t.test('an annotation of ours that says the same in other words is left as it is', t => {
  const pins = 'progressTimeout, parallelMigrationsPerCluster'
  const object = stored('1.20', { bandwidthPerMigration: '0Mi' }, { [PINNED]: pins })
  t.same(mutated(object).patch, [], 'pinned')
  const record = 'parallelOutboundMigrationsPerNode=1, bandwidthPerMigration=0Mi'
  const filled = stored(
    '1.17',
    { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 },
    { [FILLED]: record },
  )
  t.same(mutated(filled).patch, [], 'filled')
  t.end()
})

t.test('an annotation of ours that a manifest names is the manifest’s', t => {
  const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
  const annotations = {
    [PINNED]: 'parallelOutboundMigrationsPerNode',
    [FILLED]: 'progressTimeout=7',
  }
  const settings = { bandwidthPerMigration: '1Gi', parallelOutboundMigrationsPerNode: 3 }
  const applied = JSON.stringify(stored('1.17', {}, annotations))
  const bySide = stored('1.17', settings, { ...annotations, [LAST_APPLIED]: applied })
  t.same(mutated(bySide).patch, [], 'by a client-side apply')
  const fields = Object.fromEntries(Object.keys(annotations).map(key => [`f:${key}`, {}]))
  const entry = {
    manager: 'kubectl',
    operation: 'Apply',
    time: '2026-11-23T08:00:00Z',
    fieldsV1: { 'f:metadata': { 'f:annotations': fields } },
  }
  const byServer = stored('1.17', settings, annotations, 'v1beta1', { managedFields: [entry] })
  t.same(mutated(byServer).patch, [], 'by a server-side apply')
  t.equal(mutated(stored('1.17', settings, annotations)).patch.length, 2, 'but otherwise ours')
  t.end()
})

t.test('what only a gap shows to be the user’s is pinned when filling closes the gap', t => {
  const gap = stored('1.17', { completionTimeoutPerGiB: undefined })
  const after = patched(gap, mutated(gap, null, HEAVY))
  t.same(annotationsOf(after), {
    [FILLED]: 'bandwidthPerMigration=0Mi,completionTimeoutPerGiB=150',
    [PINNED]:
      'parallelMigrationsPerCluster,parallelOutboundMigrationsPerNode,progressTimeout,allowPostCopy',
  })
  t.same(mutated(after, null, HEAVY).patch, [])
  t.end()
})

t.test('a file put over the same file again keeps what was filled, disruption included', t => {
  const file = { allowPostCopy: true }
  const object = stored('1.20', file)
  const filled = patched(object, mutated(object, null, HEAVY))
  const again = patched(object, mutated(object, filled, HEAVY))
  t.same(again, filled)
  t.end()
})

t.test('missing parents are made, and nothing that is there is thrown away', t => {
  const object = stored('1.17')
  const bare: JsonObject = {
    apiVersion: 'hco.kubevirt.io/v1',
    kind: 'HyperConverged',
    metadata: { name: 'x' },
  }
  const after = patched(bare, mutated(bare))
  t.match(after, {
    metadata: { name: 'x', annotations: { [FILLED]: String } },
    spec: { virtualization: { liveMigrationConfig: { bandwidthPerMigration: '0Mi' } } },
  })
  for (const spec of [null, undefined, {}]) {
    const empty = { ...bare, spec }
    t.match(patched(empty, mutated(empty)), {
      spec: { virtualization: { liveMigrationConfig: {} } },
    })
  }
  for (const spec of ['x', 7, [1], { virtualization: 'x' }, { virtualization: [] }]) {
    const odd = { ...object, apiVersion: 'hco.kubevirt.io/v1', spec }
    t.same(mutated(odd).patch, [], `spec is ${JSON.stringify(spec)}`)
  }
  for (const metadata of [
    { name: 'x', annotations: 'x' },
    { name: 'x', annotations: [] },
  ]) {
    const odd = { ...object, metadata: { ...metadata, namespace: 'openshift-cnv' } } as JsonObject
    t.same(mutated(odd).patch, [], `metadata is ${JSON.stringify(metadata)}`)
  }
  t.end()
})

t.test('a CRD in the cluster tells what is known and what is stock', t => {
  const facts = factsOf([crdOf('1.17'), vmi('big', { 'migration-guard.io/workload': 'heavy' })])
  const object = stored('1.20', {}, {}, 'v1beta1')
  const { allowWorkloadDisruption } = filledBy(mutated(object, null, { facts }))
  t.equal(allowWorkloadDisruption, undefined, 'it would be pruned')
  t.end()
})
