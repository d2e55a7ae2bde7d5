import t from 'tap'
import type { AdmissionOperation, AdmissionRequest } from '../../src/core/admission-review.ts'
import { decide, type Webhook } from '../../src/core/decision.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { contextOf } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import {
  exceptionText,
  factsOf,
  migrationPolicy,
  requestOf,
  type Texts,
  type Values,
  vmi,
} from '../support/review.ts'

const WRONG = { parallelMigrationsPerCluster: 20 }
const WORSE = { parallelMigrationsPerCluster: 30 }
const UNSYNCED = { facts: { ...factsOf([]), synced: false } }
const POD = { 'authentication.kubernetes.io/pod-name': ['hco-operator-1'] }
const user = (username: string, extra: Readonly<Record<string, readonly string[]>> = {}) => ({
  userInfo: { username, uid: '', groups: [], extra },
})
const OPERATOR = 'system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator'

const at = (
  webhook: Webhook,
  operation: AdmissionOperation,
  object: JsonObject | null,
  old: JsonObject | null = null,
  changes: Partial<AdmissionRequest> = {},
  context = {},
) => decide(webhook, requestOf(operation, object, old, changes), contextOf(context))

t.test('some requests are always allowed', t => {
  const wrong = stored('1.20', WORSE)
  const deleted = stored('1.20', WRONG, {}, 'v1', { deletionTimestamp: '2026-11-23T08:00:00Z' })
  const requests = {
    'DELETE of a HyperConverged': at('validate', 'DELETE', null, wrong),
    'an object that is being deleted': at('validate', 'UPDATE', wrong, deleted),
    'the status': at('validate', 'UPDATE', wrong, stored('1.20'), { subResource: 'status' }),
    CONNECT: at('validate', 'CONNECT', wrong),
    'the status of a MigrationPolicy': at(
      'validate',
      'UPDATE',
      migrationPolicy('p', {}),
      migrationPolicy('p', {}),
      { subResource: 'status' },
    ),
  }
  for (const [name, decision] of Object.entries(requests))
    t.match(
      decision,
      { allowed: true, outcome: 'allowed', code: 200, guarded: false, findings: [] },
      name,
    )
  for (const [name, decision] of Object.entries({
    'a deletionTimestamp that a client writes': at('validate', 'UPDATE', deleted, stored('1.20')),
    'an empty deletionTimestamp': at(
      'validate',
      'UPDATE',
      wrong,
      stored('1.20', {}, {}, 'v1', { deletionTimestamp: '' }),
    ),
  }))
    t.equal(decision.allowed, false, `but not ${name}`)
  t.end()
})

t.test('a request that changes nothing guarded is never refused, whatever is there', t => {
  const old = stored('1.20', WORSE, { 'exception.migration-guard.io/x': 'nonsense' })
  const edits: Readonly<Record<string, JsonObject>> = {
    nothing: old,
    'a label': { ...old, metadata: { ...(old.metadata as Values), labels: { a: 'b' } } },
    'an annotation': {
      ...old,
      metadata: {
        ...(old.metadata as Values),
        annotations: { ...((old.metadata as Values).annotations as Texts), a: 'b' },
      },
    },
    'another part of spec': { ...old, spec: { ...(old.spec as Values), featureGates: {} } },
    'the status': { ...old, status: {} },
  }
  for (const [name, object] of Object.entries(edits))
    for (const facts of [factsOf([]), UNSYNCED.facts])
      t.match(
        at('validate', 'UPDATE', object, old, {}, { facts }),
        { allowed: true, guarded: false },
        name,
      )
  t.end()
})

t.test('what is guarded is the settings, the patch and every annotation of ours', t => {
  const guarded = (settings: Values, annotations: Texts = {}) =>
    at('validate', 'UPDATE', stored('1.20', settings, annotations), stored('1.20')).guarded
  t.equal(guarded({ progressTimeout: 160 }), true)
  t.equal(guarded({}, { 'migration-guard.io/x': '' }), true)
  t.equal(guarded({}, { 'exception.migration-guard.io/x': '' }), true)
  t.equal(guarded({}, { 'kubevirt.kubevirt.io/jsonpatch': '[]' }), true)
  t.equal(guarded({}, { 'containerizeddataimporter.kubevirt.io/jsonpatch': '[]' }), false)
  const other = stored('1.20')
  const both = { ...other, spec: { ...(other.spec as Values), liveMigrationConfig: {} } }
  t.equal(
    at('validate', 'UPDATE', both, other).guarded,
    true,
    'the place of the other version, too',
  )
  t.end()
})

t.test('all violations are reported at once, those that lose a VM first', t => {
  const settings = {
    ...WRONG,
    parallelOutboundMigrationsPerNode: 0,
    allowPostCopy: true,
    allowWorkloadDisruption: true,
    network: 'a,b',
    progressTimeout: '1',
  }
  const annotations = {
    'migration-guard.io/data': 'critical',
    'exception.migration-guard.io/x': exceptionText(),
    'kubevirt.kubevirt.io/jsonpatch':
      '[{"op":"add","path":"/spec/configuration/migrations/disableTLS","value":true}]',
  }
  const { findings, code } = at('validate', 'CREATE', stored('1.20', settings, annotations))
  t.same(
    [...new Set(findings.filter(({ effect }) => effect === 'deny').map(({ rule }) => rule))],
    [
      'post-copy-critical-data',
      'parallel-migrations-too-high',
      'migrations-disabled',
      'invalid-value',
      'network-invalid',
      'json-patch-override',
      'exception-unauthorised',
      'exception-invalid',
    ],
  )
  t.equal(code, 403)
  t.end()
})

t.test('each violation is measured by itself', t => {
  const update = (now: Values, old: Values) =>
    at('validate', 'UPDATE', stored('1.20', now), stored('1.20', old))
  t.equal(update(WRONG, WORSE).allowed, true, 'lower')
  t.equal(
    update({ ...WRONG, parallelOutboundMigrationsPerNode: 9 }, WORSE).allowed,
    false,
    'one for another',
  )
  t.match(update(WRONG, WORSE), { repair: true })
  t.match(
    update({ ...WRONG, progressTimeout: 0 }, WORSE),
    { repair: false },
    'not with something new, even if it only warns',
  )
  t.match(update({ progressTimeout: 160 }, {}), { repair: false })
  t.match(
    update({}, { parallelMigrationsPerCluster: 6 }),
    { repair: false },
    'only a warning went away',
  )
  t.end()
})

t.test('a declaration that tightens introduces nothing, settings that come with it may', t => {
  const facts = factsOf([vmi('small')])
  const heavy = { 'migration-guard.io/workload-profile': 'heavy' }
  const old = stored('1.20', { parallelMigrationsPerCluster: 15 })
  const declared = at(
    'validate',
    'UPDATE',
    stored('1.20', { parallelMigrationsPerCluster: 15 }, heavy),
    old,
    {},
    { facts },
  )
  t.match(declared, { allowed: true })
  t.match(declared.findings, [{ change: 'kept', effect: 'warn' }])
  const raised = stored('1.20', { parallelMigrationsPerCluster: 16 }, heavy)
  t.equal(at('validate', 'UPDATE', raised, old, {}, { facts }).allowed, false)
  t.end()
})

t.test('a warning that was there before is repeated only to who works on the settings', t => {
  const old = stored('1.20', { parallelMigrationsPerCluster: 6 })
  const effects = (object: JsonObject) =>
    at('validate', 'UPDATE', object, old).findings.map(({ effect }) => effect)
  t.same(effects(stored('1.20', { parallelMigrationsPerCluster: 6, progressTimeout: 160 })), [
    'warn',
  ])
  t.same(
    effects(stored('1.20', { parallelMigrationsPerCluster: 6 }, { 'migration-guard.io/x': '1' })),
    ['record'],
  )
  t.end()
})

t.test(
  'until the facts are complete, guarded changes are refused with 503, and only at /validate',
  t => {
    const [object, old] = [stored('1.20', { progressTimeout: 160 }), stored('1.20')]
    const decision = at('validate', 'UPDATE', object, old, {}, UNSYNCED)
    t.match(decision, { allowed: false, code: 503, failure: { message: /try again in a moment/ } })
    t.match(at('advise', 'UPDATE', object, old, {}, UNSYNCED), { allowed: true, failure: null })
    t.match(at('mutate', 'UPDATE', object, old, {}, UNSYNCED), { allowed: true, failure: null })
    t.equal(at('validate', 'DELETE', null, old, {}, UNSYNCED).allowed, true)
    t.end()
  },
)

t.test('what is no HyperConverged and no MigrationPolicy is refused as a mistake', t => {
  const kinds = [
    { group: '', version: 'v1', kind: 'Pod' },
    { group: 'hco.kubevirt.io', version: 'v1', kind: 'Other' },
    { group: 'migrations.kubevirt.io', version: 'v1alpha1', kind: 'HyperConverged' },
    { group: 'example.com', version: 'v1', kind: 'HyperConverged' },
  ]
  for (const kind of kinds) {
    const request = { ...requestOf('CREATE', stored('1.20')), kind }
    t.match(decide('validate', request, contextOf()), {
      allowed: false,
      code: 400,
      failure: { message: /only HyperConverged/ },
    })
    t.match(decide('mutate', request, contextOf()), { allowed: true, patch: [] })
  }
  t.end()
})

t.test('only /validate refuses', t => {
  const wrong = stored('1.20', WRONG)
  t.equal(at('validate', 'CREATE', wrong).allowed, false)
  t.match(at('advise', 'CREATE', wrong), {
    allowed: true,
    outcome: 'allowed',
    code: 200,
    patch: [],
  })
  t.match(at('mutate', 'CREATE', wrong), { allowed: true, outcome: 'allowed', code: 200 })
  t.end()
})

t.test('HCO’s operator pod is let through and told apart, an impersonator is not', t => {
  const object = stored('1.20', WRONG)
  const outcome = (
    username: string,
    extra = {},
    changes: Partial<AdmissionRequest> = {},
    context = {},
  ) =>
    at('validate', 'CREATE', object, null, { ...user(username, extra), ...changes }, context)
      .outcome
  t.equal(outcome(OPERATOR, POD), 'allowed-operator')
  t.equal(outcome(OPERATOR), 'denied', 'without a pod')
  t.equal(outcome(OPERATOR, { 'authentication.kubernetes.io/node-name': ['n'] }), 'denied')
  t.equal(
    outcome('system:serviceaccount:other:hyperconverged-cluster-operator', POD),
    'denied',
    'of another namespace',
  )
  t.equal(
    outcome('system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator2', POD),
    'denied',
  )
  t.equal(outcome('hyperconverged-cluster-operator', POD), 'denied')
  t.equal(
    outcome('system:serviceaccount::hyperconverged-cluster-operator', POD, { namespace: '' }),
    'denied',
  )
  const policy = { ...DEFAULT_POLICY, operator: { serviceAccount: 'my-operator' } }
  t.equal(
    outcome('system:serviceaccount:openshift-cnv:my-operator', POD, {}, { policy }),
    'allowed-operator',
  )
  t.equal(outcome(OPERATOR, POD, {}, { policy }), 'denied')
  t.equal(
    at('validate', 'CREATE', stored('1.20'), null, user(OPERATOR, POD)).outcome,
    'allowed',
    'where nothing would be refused',
  )
  t.end()
})

t.test('an object without settings, or of a strange shape, is judged, not thrown at', t => {
  for (const object of [
    {},
    { apiVersion: 7 },
    { apiVersion: 'hco.kubevirt.io/v1' },
    { apiVersion: 'hco.kubevirt.io/v1', spec: null },
    { apiVersion: 'hco.kubevirt.io/v1', spec: [], metadata: [] },
    {
      apiVersion: 'hco.kubevirt.io/v1beta1',
      spec: { liveMigrationConfig: null },
      metadata: { annotations: { a: 1 } },
    },
  ] as JsonObject[]) {
    const kind = { group: 'hco.kubevirt.io', version: 'v1', kind: 'HyperConverged' }
    const request = { ...requestOf('CREATE', stored('1.20')), object, kind }
    for (const webhook of ['validate', 'advise', 'mutate'] as const)
      t.equal(decide(webhook, request, contextOf()).allowed, true)
  }
  t.end()
})
