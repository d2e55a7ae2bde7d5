// What stays open beside exceptions: repairs, deletions and policies that make nothing last longer than was approved.
import { CRITICAL, hco, POST_COPY, STOCK, staysOpen, UNSTABLE } from '../support/attempt.ts'
import {
  among,
  behind,
  DATA_RULE,
  excuse,
  fast,
  forFast,
  half,
  NETWORK_RULE,
  ofDb,
  onPod,
  overCalm,
  patch,
  pg,
  type Step,
  slow,
} from '../support/excused-policies.ts'
import { approving, migrationPolicy } from '../support/review.ts'

const OPEN: Readonly<Record<string, Step>> = {
  'a policy that follows the cluster settings over a critical VM, which an exception covers there':
    { old: null, object: slow, beside: [hco(POST_COPY, excuse(DATA_RULE, onPod)), pg] },
  'the same on an unstable network': {
    old: null,
    object: slow,
    beside: [hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) })],
  },
  'the cluster settings switched off with their exception, beside a policy that follows them': {
    old: hco(POST_COPY, { ...UNSTABLE, ...CRITICAL, ...excuse(NETWORK_RULE, onPod) }),
    object: hco(STOCK, { ...UNSTABLE, ...CRITICAL }),
    beside: [slow, half, pg],
  },
  'another setting changed, beside a policy whose exception has no bound': {
    old: hco(STOCK, UNSTABLE),
    object: hco({ ...STOCK, progressTimeout: 200 }, UNSTABLE),
    beside: [fast({ ...excuse(DATA_RULE), ...excuse(NETWORK_RULE) }), pg],
  },
  'a setting improved below a jsonpatch that an exception covers to the number': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 25 },
      {
        ...patch('parallelMigrationsPerCluster', 20),
        ...excuse('parallel-migrations-too-high', { parallelMigrationsPerCluster: 20 }),
      },
    ),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 24 },
      {
        ...patch('parallelMigrationsPerCluster', 20),
        ...excuse('parallel-migrations-too-high', { parallelMigrationsPerCluster: 20 }),
      },
    ),
  },
  'an exception without a bound approved on the HyperConverged, while that of a policy does not name the network any more':
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, network: 'calm' }, excuse(DATA_RULE)),
      beside: [pg, fast(excuse(DATA_RULE, forFast))],
      context: { approvals: approving(DATA_RULE) },
    },
  'a setting repaired that an exception covers, below a jsonpatch that goes further': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      {
        ...patch('parallelMigrationsPerCluster', 50),
        ...excuse('parallel-migrations-too-high', { parallelMigrationsPerCluster: 20 }),
      },
    ),
    object: hco(STOCK, {
      ...patch('parallelMigrationsPerCluster', 50),
      ...excuse('parallel-migrations-too-high', { parallelMigrationsPerCluster: 20 }),
    }),
  },
  'a stale exception dropped from a policy, where the HyperConverged has one for what it covers': {
    old: migrationPolicy('m', {}, excuse(NETWORK_RULE, onPod)),
    object: migrationPolicy('m', {}),
    beside: [hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) })],
  },
  'the same where neither has a bound': {
    old: migrationPolicy('m', {}, excuse(NETWORK_RULE)),
    object: migrationPolicy('m', {}),
    beside: [hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE) })],
  },
  'a stale exception dropped from a policy, where another policy has its own': {
    old: migrationPolicy('m', { selectors: {} }, excuse(DATA_RULE)),
    object: migrationPolicy('m', { selectors: {} }),
    beside: [hco(STOCK), pg, fast(excuse(DATA_RULE))],
  },
  'a policy deleted with a stale exception, where the HyperConverged has one for what it covers': {
    operation: 'DELETE',
    old: migrationPolicy('m', {}, excuse(NETWORK_RULE)),
    object: null,
    beside: [hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) })],
  },
  'a policy deleted with its own exception, where the exception of the cluster settings names what is left':
    {
      operation: 'DELETE',
      old: fast(excuse(DATA_RULE, forFast)),
      object: null,
      beside: [hco(POST_COPY, excuse(DATA_RULE, onPod)), pg, fast(excuse(DATA_RULE, forFast))],
    },
  'a policy turned into one that leaves its VM to excused cluster settings, with its own exception dropped':
    {
      old: fast(excuse(DATA_RULE, forFast)),
      object: ofDb('fast', { bandwidthPerMigration: '64Mi' }),
      beside: [hco(POST_COPY, excuse(DATA_RULE, onPod)), pg, fast(excuse(DATA_RULE, forFast))],
    },
  'a policy that takes a critical VM over for excused cluster settings, and drops its own exception':
    {
      old: migrationPolicy('slow', { bandwidthPerMigration: '64Mi' }, excuse(DATA_RULE)),
      object: slow,
      beside: [
        hco(POST_COPY, excuse(DATA_RULE)),
        pg,
        migrationPolicy('slow', { bandwidthPerMigration: '64Mi' }, excuse(DATA_RULE)),
      ],
    },
  'a policy deleted that does nothing and carries no exception': {
    operation: 'DELETE',
    old: migrationPolicy('m', {}),
    object: null,
    beside: [hco(POST_COPY, UNSTABLE)],
  },
  'a policy that spares some VMs, and loses to one that follows the excused cluster settings': {
    old: null,
    object: migrationPolicy('spare', {
      selectors: { namespaceSelector: { team: 'a' } },
      allowPostCopy: false,
    }),
    beside: [hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) }), slow],
  },
  'a policy that spares VMs behind one that follows, where the exception has no bound': {
    old: null,
    object: migrationPolicy('spare', { selectors: {}, allowPostCopy: false }),
    beside: [hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE) }), slow],
  },
  'a policy switched to leave its critical VM to cluster settings that have an exception without a bound':
    {
      old: fast(),
      object: migrationPolicy('fast', { allowPostCopy: true }),
      beside: [hco(POST_COPY, excuse(DATA_RULE)), pg, fast()],
    },
  'cluster settings moved by a jsonpatch to another network that their exception names': {
    old: hco(POST_COPY, excuse(DATA_RULE, { network: ['(pod network)', 'calm'] })),
    object: hco(POST_COPY, {
      ...overCalm,
      ...excuse(DATA_RULE, { network: ['(pod network)', 'calm'] }),
    }),
    beside: [slow, pg],
  },
  'another value changed in a policy whose exception stands on the HyperConverged': {
    old: fast(),
    object: ofDb('fast', { allowPostCopy: true, bandwidthPerMigration: '64Mi' }),
    beside: [hco(STOCK, excuse(DATA_RULE, forFast)), pg, fast()],
  },
  'a policy deleted that violates without an exception, where another one wins then': {
    operation: 'DELETE',
    old: fast(),
    object: null,
    beside: [hco(STOCK), pg, fast(), behind],
  },
  'the same where the exception has expired': {
    operation: 'DELETE',
    old: fast(excuse(DATA_RULE, forFast, { expires: '2026-11-22' })),
    object: null,
    beside: [hco(STOCK), pg, fast(excuse(DATA_RULE, forFast, { expires: '2026-11-22' })), behind],
  },
}

staysOpen(Object.fromEntries(Object.entries(OPEN).map(([name, step]) => [name, among(step)])))
