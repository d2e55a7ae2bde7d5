import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { exception, hco } from '../../support/attempt.ts'
import { contextOf } from '../../support/decide.ts'
import { stored } from '../../support/eras.ts'
import { FILLED, mutated, patched } from '../../support/mutated.ts'
import {
  factsOf,
  migrationPolicy,
  OPERATOR,
  requestOf,
  stockOf,
  type Texts,
  type Values,
} from '../../support/review.ts'

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
  const operator = { ...OPERATOR, extra: {} }
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

t.test(
  'filling makes no edit of something else one of the settings, where these would be refused',
  t => {
    const open = stockOf('1.17')
    const EXPIRED = exception('parallel-migrations-too-high', { expires: '2026-11-01' })
    const denyingExpiry = {
      ...DEFAULT_POLICY,
      exceptions: { ...DEFAULT_POLICY.exceptions, onExpiry: 'deny' },
    } as const
    const edited = (annotations: Texts, more: Values) => {
      const object = hco({ ...open, parallelMigrationsPerCluster: 20 }, annotations)
      return { ...object, spec: { ...(object.spec as Values), ...more } }
    }
    const filled = (annotations: Texts, context: Partial<DecisionContext>) => {
      const request = requestOf(
        'UPDATE',
        edited(annotations, { deployment: {} }),
        edited(annotations, {}),
      )
      return decide('mutate', request, contextOf(context)).filled.length > 0
    }
    t.equal(filled({}, {}), true, 'otherwise it is filled')
    t.equal(
      filled({}, { facts: { ...factsOf([]), synced: false } }),
      false,
      'facts are not complete',
    )
    t.equal(filled(EXPIRED, { policy: denyingExpiry }), false, 'an exception has expired')
    t.equal(filled(EXPIRED, {}), true, 'and that is only warned of')
    t.end()
  },
)
