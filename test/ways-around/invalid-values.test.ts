// A value that is none, in the hope that it is passed over.
import { exception, hco, noWayAround, POST_COPY, STOCK } from '../support/attempt.ts'
import { approving } from '../support/review.ts'

const RULE = 'parallel-migrations-too-high'
const tooMany = (value: unknown) => hco({ ...STOCK, parallelMigrationsPerCluster: value })

noWayAround({
  'a number that wraps around in 32 bits': [
    RULE,
    { old: tooMany(20), object: tooMany(2 ** 32 + 1) },
  ],
  'a number in quotes': ['invalid-value', { old: tooMany(5), object: tooMany('20') }],
  'a number in a list': ['invalid-value', { old: tooMany(5), object: tooMany([20]) }],
  'one invalid value behind another that was there': [
    'invalid-value',
    {
      old: tooMany(-5),
      object: hco({
        ...STOCK,
        parallelMigrationsPerCluster: -5,
        parallelOutboundMigrationsPerNode: -5,
      }),
    },
  ],
  'the settings as a list': [
    'invalid-value',
    {
      old: hco(STOCK),
      object: {
        ...hco(STOCK),
        spec: { virtualization: { liveMigrationConfig: [POST_COPY] } },
      },
    },
  ],
  'an invalid value under an exception': [
    'invalid-value',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: -1 }, exception('invalid-value')),
      context: { approvals: approving('invalid-value') },
    },
  ],
})
