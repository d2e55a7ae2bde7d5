// An exception used without approval, for something else, or for more than it was approved for.

import t from 'tap'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import {
  exception,
  hco,
  noWayAround,
  POST_COPY,
  STOCK,
  staysOpen,
  UNSTABLE,
} from '../support/attempt.ts'
import { NOW } from '../support/decide.ts'
import { approving, factsOf, migrationPolicy, network, vmi } from '../support/review.ts'

const critical = vmi('pg', { app: 'db', 'migration-guard.io/data': 'critical' })
const boundTo = (rule: RuleId, policy: string) =>
  exception(rule, { bound: { network: '(pod network)', policy } })

noWayAround({
  'an exception nobody approved': [
    'exception-unauthorised',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
    },
  ],
  'an unapproved exception where only warnings are given for those': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
      context: {
        policy: { ...DEFAULT_POLICY, enforcement: { 'exception-unauthorised': 'off' } },
      },
    },
  ],
  'the right to approve another rule': [
    'exception-unauthorised',
    {
      old: hco(STOCK),
      object: hco(POST_COPY, { ...UNSTABLE, ...exception('post-copy-unstable-network') }),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception without bound used again for more': [
    'parallel-migrations-too-high',
    {
      old: hco(
        { ...STOCK, parallelMigrationsPerCluster: 12 },
        exception('parallel-migrations-too-high'),
      ),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
    },
  ],
  'an exception without bound used again after the value went down': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK, exception('parallel-migrations-too-high')),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 12 },
        exception('parallel-migrations-too-high'),
      ),
    },
  ],
  'an exception stretched beyond its bound': [
    'parallel-migrations-too-high',
    {
      old: hco(
        STOCK,
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 15 } }),
      ),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 16 },
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 15 } }),
      ),
    },
  ],
  'a bound widened by an editor': [
    'exception-unauthorised',
    {
      old: hco(
        STOCK,
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 15 } }),
      ),
      object: hco(
        STOCK,
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 99 } }),
      ),
    },
  ],
  'an exception removed while its cause stays': [
    'parallel-migrations-too-high',
    {
      old: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
    },
  ],
  'an exception for one network used on another': [
    'post-copy-unstable-network',
    {
      old: hco(
        { ...POST_COPY, network: 'shaky' },
        exception('post-copy-unstable-network', { bound: { network: 'shaky' } }),
      ),
      object: hco(
        { ...POST_COPY, network: 'flaky' },
        exception('post-copy-unstable-network', { bound: { network: 'shaky' } }),
      ),
      context: { facts: factsOf([network('shaky', 'unstable'), network('flaky', 'unstable')]) },
    },
  ],
  'an exception bound to one policy used for the cluster settings': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, { ...UNSTABLE, ...boundTo('post-copy-unstable-network', 'fast') }),
      object: hco(POST_COPY, { ...UNSTABLE, ...boundTo('post-copy-unstable-network', 'fast') }),
    },
  ],
  'an exception on a policy used to delete it over a critical VM': [
    'post-copy-critical-data',
    {
      operation: 'DELETE',
      old: migrationPolicy(
        'fast',
        { allowPostCopy: false, selectors: {} },
        boundTo('post-copy-critical-data', 'fast'),
      ),
      object: null,
      context: {
        facts: factsOf([
          hco(POST_COPY),
          critical,
          migrationPolicy('fast', { allowPostCopy: false, selectors: {} }),
        ]),
      },
    },
  ],
})

staysOpen({
  'removing an exception together with its cause': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high'),
    ),
    object: hco(STOCK),
  },
  'an approved exception, with the value in the same request': {
    old: hco(STOCK),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high'),
    ),
    context: { approvals: approving('parallel-migrations-too-high') },
  },
  'a value within the bound of an exception granted ahead': {
    old: hco(
      STOCK,
      exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 20 } }),
    ),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 20 } }),
    ),
  },
  'migrations stopped in an emergency, by exception': {
    old: hco(STOCK),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 0 }, exception('migrations-disabled')),
    context: { approvals: approving('migrations-disabled') },
  },
})

t.test('the moment of the tests is before the dates in them', t => {
  t.ok(NOW < Date.parse('2026-12-01'))
  t.end()
})
