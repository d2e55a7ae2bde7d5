// What the annotations declare may be made stricter by anybody, and be taken back by few.
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import {
  CRITICAL,
  hco,
  noWayAround,
  POST_COPY,
  STOCK,
  staysOpen,
  UNSTABLE,
} from '../support/attempt.ts'
import { factsOf, vmi } from '../support/review.ts'

noWayAround({
  'the unstable flag removed and post copy switched on in one request': [
    'exception-unauthorised',
    { old: hco(STOCK, UNSTABLE), object: hco(POST_COPY) },
  ],
  'the unstable flag removed first, post copy to follow': [
    'exception-unauthorised',
    { old: hco(STOCK, UNSTABLE), object: hco(STOCK) },
  ],
  'the unstable flag turned into another word': [
    'exception-unauthorised',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(STOCK, { 'migration-guard.io/network-stability': 'x' }),
    },
  ],
  'the declaration of critical data taken back': [
    'exception-unauthorised',
    { old: hco(STOCK, CRITICAL), object: hco(STOCK) },
  ],
  'critical data with an invisible blank': [
    'exception-unauthorised',
    {
      old: hco(STOCK, CRITICAL),
      object: hco(STOCK, { 'migration-guard.io/data': 'critical\u200b' }),
    },
  ],
  'a stable annotation against the policy that says unstable': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK),
      object: hco(POST_COPY, { 'migration-guard.io/network-stability': 'stable' }),
      context: {
        policy: { ...DEFAULT_POLICY, networks: { podNetwork: 'unstable', unstable: [] } },
      },
    },
  ],
  'a standard profile declared where heavy VMs run': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        { 'migration-guard.io/workload-profile': 'standard' },
      ),
      context: { facts: factsOf([vmi('big', { 'migration-guard.io/workload': 'heavy' })]) },
    },
  ],
})

staysOpen({
  'flagging the network of a cluster that already violates': {
    old: hco(POST_COPY),
    object: hco(POST_COPY, UNSTABLE),
  },
  'declaring critical data on a cluster that already violates': {
    old: hco(POST_COPY),
    object: hco(POST_COPY, CRITICAL),
  },
  'declaring heavy workloads on a cluster that already violates': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 30 },
      { 'migration-guard.io/workload-profile': 'standard' },
    ),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 30 },
      { 'migration-guard.io/workload-profile': 'heavy' },
    ),
  },
})
