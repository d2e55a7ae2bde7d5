import t from 'tap'
import { toAuditRecord } from '../../src/core/audit-record.ts'
import { decide, fail } from '../../src/core/decision.ts'
import { decided } from '../support/answer.ts'
import { contextOf, NOW } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import { factsOf, migrationPolicy, requestOf } from '../support/review.ts'

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
