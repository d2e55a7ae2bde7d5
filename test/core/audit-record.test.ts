import t from 'tap'
import { toAuditRecord } from '../../src/core/audit-record.ts'
import { decide, fail } from '../../src/core/decision.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { decided } from '../support/answer.ts'
import { contextOf, NOW } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import { factsOf, migrationPolicy, requestOf, type Values } from '../support/review.ts'

t.test('an audit record holds who, what, before and after, and why', t => {
  const request = {
    ...requestOf(
      'UPDATE',
      stored(
        '1.20',
        { parallelMigrationsPerCluster: 20 },
        { 'migration-guard.io/data': 'x', other: 'secret' },
      ),
      stored('1.20'),
    ),
    fieldManager: 'kubectl-edit',
  }
  const approvals = new Map([['a', { granted: false, detail: 'no' }]])
  const decision = decide('validate', request, contextOf())
  const record = toAuditRecord(decision, { now: NOW, approvals })
  t.same(Object.keys(record).sort(), [
    'after',
    'allowed',
    'approvals',
    'before',
    'code',
    'failure',
    'fieldManager',
    'filled',
    'findings',
    'kind',
    'name',
    'namespace',
    'operation',
    'outcome',
    'profile',
    'time',
    'type',
    'uid',
    'user',
    'webhook',
  ])
  t.match(record, {
    type: 'decision',
    time: '2026-11-23T12:00:00.000Z',
    webhook: 'validate',
    uid: request.uid,
    operation: 'UPDATE',
    namespace: 'openshift-cnv',
    name: 'kubevirt-hyperconverged',
    fieldManager: 'kubectl-edit',
    user: { username: 'alice' },
    before: { apiVersion: 'hco.kubevirt.io/v1', settings: { parallelMigrationsPerCluster: 5 } },
    after: {
      settings: { parallelMigrationsPerCluster: 20 },
      annotations: { 'migration-guard.io/data': 'x', other: undefined },
    },
    approvals: { a: { granted: false } },
    outcome: 'denied',
    allowed: false,
    code: 403,
    failure: null,
    profile: { name: 'heavy', source: 'assumed', examples: [] },
    findings: [
      {
        rule: 'parallel-migrations-too-high',
        value: 20,
        enforcement: 'deny',
        change: 'introduced',
        effect: 'deny',
        exception: null,
      },
    ],
    filled: {},
  })
  t.same(JSON.parse(JSON.stringify(record)), record, 'it is plain JSON')
  const filled = toAuditRecord(decided({}, {}, null, {}, 'mutate'), { now: NOW, approvals })
  t.same(filled.filled, { bandwidthPerMigration: '0Mi' })
  const failed = toAuditRecord(fail('validate', null, { code: 400, message: 'no' }), {
    now: NOW,
    approvals: new Map(),
  })
  t.match(failed, { uid: null, failure: 'no', code: 400, profile: null, approvals: {} })
  t.notOk('before' in failed)
  t.end()
})

t.test('an audit record of filling holds what shows whose a setting is, and nothing longer', t => {
  const evidence = (object: JsonObject, old: JsonObject | null = null, changes: Values = {}) => {
    const request = requestOf(old === null ? 'CREATE' : 'UPDATE', object, old, changes)
    const decision = decide('mutate', request, contextOf())
    return toAuditRecord(decision, { now: NOW, approvals: new Map() }).evidence
  }
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
      apiVersion: 'hco.kubevirt.io/v1',
      metadata: { annotations: { 'migration-guard.io/pinned': '', other: '1' } },
      spec: { virtualization: { liveMigrationConfig: { progressTimeout: 150, unheardOf: 1 } } },
    }),
  }
  const managedFields = [
    {
      manager: 'kubectl-edit',
      operation: 'Update',
      apiVersion: 'hco.kubevirt.io/v1',
      fieldsV1: {
        'f:spec': { 'f:virtualization': { 'f:liveMigrationConfig': { 'f:allowPostCopy': {} } } },
      },
    },
  ]
  const nothing = { claimed: [], declarative: false, gaps: {}, named: {}, stock: 'HCO 1.19' }
  t.strictSame(evidence(stored('1.20')), nothing)
  const object = stored('1.20', {}, annotations, 'v1', { managedFields })
  t.strictSame(evidence(object, stored('1.20', { progressTimeout: 200 })), {
    ...nothing,
    claimed: ['migration-guard.io/pinned'],
    declarative: true,
    named: { allowPostCopy: 'update', progressTimeout: 'apply' },
  })
  const status = { versions: [{ name: 'operator', version: '4.21.3' }] }
  t.strictSame(evidence({ ...stored('1.17'), metadata: {}, status }), {
    ...nothing,
    gaps: { 'metadata.annotations': 'absent' },
    stock: 'HCO 1.17',
  })
  t.equal(evidence(stored('1.20'), stored('1.20')), undefined, 'nothing changed')
  t.end()
})

t.test('an audit record holds what is rare only where it is there', t => {
  const rare = (object: JsonObject, changes: Values = {}) => {
    const decision = decide('validate', requestOf('UPDATE', object, object, changes), contextOf())
    return toAuditRecord(decision, { now: NOW, approvals: new Map() })
  }
  const usual = rare(stored('1.20'))
  t.notOk('subResource' in usual)
  t.strictSame(Object.keys(usual.after as Values), ['annotations', 'apiVersion', 'settings'])
  const time = '2026-11-23T08:00:00Z'
  const object: JsonObject = {
    ...stored('1.20', {}, {}, 'v1', { deletionTimestamp: time }),
    apiVersion: 'hco.kubevirt.io/v2',
  }
  const older = { ...object, spec: { ...(object.spec as Values), liveMigrationConfig: { x: 1 } } }
  t.match(rare(older, { subResource: 'status' }), {
    subResource: 'status',
    after: {
      deletionTimestamp: time,
      elsewhere: { x: 1 },
      path: 'spec.virtualization.liveMigrationConfig',
    },
  })
  t.end()
})

t.test('an audit record of a MigrationPolicy holds its spec', t => {
  const object = migrationPolicy('fast', { allowPostCopy: true })
  const decision = decide(
    'validate',
    requestOf('CREATE', object),
    contextOf({ facts: factsOf([]) }),
  )
  t.match(toAuditRecord(decision, { now: NOW, approvals: new Map() }), {
    name: 'fast',
    before: null,
    after: { settings: { allowPostCopy: true } },
  })
  t.end()
})
