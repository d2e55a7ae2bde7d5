// What an exception covered, once its day is over.

import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import {
  attempt,
  exception,
  hco,
  noWayAround,
  POST_COPY,
  STOCK,
  selecting,
  staysOpen,
  UNSTABLE,
} from '../support/attempt.ts'
import { factsOf, migrationPolicy, type Values } from '../support/review.ts'

const RULE = 'parallel-migrations-too-high'
const narrow = selecting('fast', { app: 'db' }, { allowPostCopy: true })
const denyingExpiry = {
  ...DEFAULT_POLICY,
  exceptions: { ...DEFAULT_POLICY.exceptions, onExpiry: 'deny' },
} as const
const expired = (rule: RuleId) => exception(rule, { expires: '2026-11-01' })

noWayAround({
  'an expired exception': [
    'parallel-migrations-too-high',
    {
      old: hco(
        STOCK,
        exception('parallel-migrations-too-high', {
          expires: '2026-11-22',
          bound: { parallelMigrationsPerCluster: 30 },
        }),
      ),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high', {
          expires: '2026-11-22',
          bound: { parallelMigrationsPerCluster: 30 },
        }),
      ),
    },
  ],
  'an expired exception removed together with another change, where expiry denies': [
    RULE,
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, expired(RULE)),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20, progressTimeout: 200 }),
      context: { policy: denyingExpiry },
    },
  ],
  'an expired exception removed by itself, where expiry denies': [
    RULE,
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, expired(RULE)),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      context: { policy: denyingExpiry },
    },
  ],
})

staysOpen({
  'removing an expired exception while its cause stays': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high', { expires: '2026-11-01' }),
    ),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'post copy switched off in an emergency, where another exception has expired': {
    old: hco({ ...POST_COPY, parallelMigrationsPerCluster: 20 }, { ...UNSTABLE, ...expired(RULE) }),
    object: hco(
      { ...POST_COPY, allowPostCopy: false, parallelMigrationsPerCluster: 20 },
      { ...UNSTABLE, ...expired(RULE) },
    ),
    context: { policy: denyingExpiry },
  },
  'a stale exception removed from a policy that violates nothing, where expiry denies': {
    old: migrationPolicy('p', { selectors: {} }, expired('post-copy-unstable-network')),
    object: migrationPolicy('p', { selectors: {} }),
    context: {
      policy: denyingExpiry,
      facts: factsOf([hco(STOCK, UNSTABLE), narrow]),
    },
  },
})

t.test(
  'onExpiry: deny refuses what an expired exception covered once the settings are touched',
  t => {
    const expired = exception('parallel-migrations-too-high', { expires: '2026-11-01' })
    const policy = {
      ...DEFAULT_POLICY,
      exceptions: { ...DEFAULT_POLICY.exceptions, onExpiry: 'deny' as const },
    }
    const at = (parallel: number, more: Values = {}) =>
      hco({ ...STOCK, parallelMigrationsPerCluster: parallel, ...more }, expired)
    const change = (object: JsonObject) => attempt({ old: at(20), object, context: { policy } })
    t.equal(change(at(20, { progressTimeout: 300 })).allowed, false, 'touched elsewhere')
    t.equal(change(at(15)).allowed, true, 'an improvement is never refused')
    t.equal(
      change(hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, { ...expired, x: 'y' })).allowed,
      true,
    )
    t.end()
  },
)
