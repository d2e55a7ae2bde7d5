// Somebody who passes for the operator, or for one who only deletes.
import t from 'tap'
import { attempt, hco, noWayAround, STOCK, staysOpen } from '../support/attempt.ts'
import { OPERATOR } from '../support/review.ts'

const BY_ITS_POD = {
  old: hco(STOCK),
  object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  request: { userInfo: OPERATOR },
}

noWayAround({
  'the operator impersonated': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      request: {
        userInfo: { ...OPERATOR, groups: ['system:serviceaccounts'], extra: {} },
      },
    },
  ],
  "the operator's name in another namespace, with a pod": [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      request: {
        userInfo: {
          ...OPERATOR,
          username: 'system:serviceaccount:evil:hyperconverged-cluster-operator',
        },
      },
    },
  ],
  'a deletionTimestamp written by the client': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, {}, 'v1', {
        deletionTimestamp: '2026-11-23T00:00:00Z',
      }),
    },
  ],
})

staysOpen({
  "whatever HCO's own pod writes": BY_ITS_POD,
})

t.test('an operator pod that would have been refused is told apart', t => {
  const { outcome } = attempt(BY_ITS_POD)
  t.equal(outcome, 'allowed-operator')
  t.end()
})
