// A violation that stands is nobody’s leave to add another, and no obstacle to anything else.
import { hco, noWayAround, STOCK, staysOpen } from '../support/attempt.ts'
import { NAMESPACE } from '../support/review.ts'

const RULE = 'parallel-migrations-too-high'
const tooMany = (value: unknown) => hco({ ...STOCK, parallelMigrationsPerCluster: value })

noWayAround({
  'two violations traded for one': [
    'parallel-migrations-too-high',
    {
      old: hco({
        ...STOCK,
        parallelMigrationsPerCluster: 20,
        parallelOutboundMigrationsPerNode: 9,
      }),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 21 }),
    },
  ],
  'one violation traded for another': [
    'outbound-migrations-too-high',
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      object: hco({ ...STOCK, parallelOutboundMigrationsPerNode: 3 }),
    },
  ],
  'a violation lowered, and raised again to where it was': [
    RULE,
    { old: tooMany(15), object: tooMany(20) },
  ],
})

staysOpen({
  'repairing one of two violations': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20, parallelOutboundMigrationsPerNode: 9 }),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'lowering a violation without mending it': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 30 }),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'an unrelated edit of a cluster that violates': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
    object: {
      ...hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      metadata: { name: 'kubevirt-hyperconverged', namespace: NAMESPACE, labels: { a: 'b' } },
    },
  },
  'deleting a HyperConverged that violates': {
    operation: 'DELETE',
    object: null,
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'removing a finalizer from one that is being deleted': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, {}, 'v1', {
      deletionTimestamp: '2026-11-23T00:00:00Z',
      finalizers: ['a'],
    }),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, {}, 'v1', {
      deletionTimestamp: '2026-11-23T00:00:00Z',
    }),
  },
})
