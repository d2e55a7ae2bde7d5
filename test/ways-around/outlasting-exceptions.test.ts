// Post copy that a policy would keep when the exception is gone under which it came.
import t from 'tap'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import {
  type Attempt,
  attempt,
  CRITICAL,
  exception,
  hco,
  POST_COPY,
  STOCK,
  staysOpen,
  UNSTABLE,
} from '../support/attempt.ts'
import {
  approving,
  factsOf,
  migrationPolicy,
  network,
  type Texts,
  type Values,
  vmi,
} from '../support/review.ts'

const INERT = { ...POST_COPY, allowWorkloadDisruption: false }
const POD = '(pod network)'
const NETWORK_RULE = 'post-copy-unstable-network'
const DATA_RULE = 'post-copy-critical-data'

const excuse = (rule: RuleId, bound?: Values, changes: Values = {}): Texts =>
  exception(rule, { ...(bound && { bound }), ...changes })
const onPod = { network: POD }
const forFast = { policy: 'fast', network: POD }

const pg = vmi('pg', { app: 'db', ...CRITICAL })
const ofDb = (name: string, spec: Values, annotations: Texts = {}) =>
  migrationPolicy(
    name,
    { selectors: { virtualMachineInstanceSelector: { app: 'db' } }, ...spec },
    annotations,
  )
const fast = (annotations: Texts = {}) => ofDb('fast', { allowPostCopy: true }, annotations)
const ahead = ofDb('a-fast', { allowPostCopy: true })
const behind = ofDb('y-fast', { allowPostCopy: true })
const half = ofDb('half', { allowWorkloadDisruption: true })
const slow = ofDb('slow', { bandwidthPerMigration: '64Mi' })

const patch = (name: string, value: unknown): Texts => ({
  'kubevirt.kubevirt.io/jsonpatch': JSON.stringify([
    { op: 'add', path: `/spec/configuration/migrations/${name}`, value },
  ]),
})
const TWICE =
  '[{"op":"add","path":"/spec/configuration/migrations","value":{"allowPostCopy":false,"allowPostCopy":true}}]'
const LONGER = { expires: '2026-12-10' }
const WARNED = {
  policy: { ...DEFAULT_POLICY, enforcement: { 'exception-unauthorised': 'warn' } },
} as const
const overCalm = patch('network', 'calm')

type Step = Attempt & {
  /** What is on the cluster besides. */
  readonly beside?: readonly JsonObject[]
}

function among({ beside = [], context, ...step }: Step): Attempt {
  const known = [network('worn', 'unstable'), network('calm', 'stable'), ...beside]
  return { ...step, context: { facts: factsOf(known), ...context } }
}

const BLOCKED: Readonly<Record<string, readonly [RuleId, Step]>> = {
  'a policy over a critical VM that the cluster settings endanger by exception, to outlast it': [
    DATA_RULE,
    { old: null, object: fast(), beside: [hco(POST_COPY, excuse(DATA_RULE, onPod)), pg] },
  ],
  'the same where nobody excused the cluster settings': [
    DATA_RULE,
    { old: null, object: fast(), beside: [hco(POST_COPY), pg] },
  ],
  'a policy that follows the cluster settings, turned into one that outlasts them': [
    DATA_RULE,
    {
      old: ofDb('fast', {}),
      object: fast(),
      beside: [hco(POST_COPY), pg, ofDb('fast', {})],
    },
  ],
  'a policy that takes a critical VM from one that is excused': [
    DATA_RULE,
    {
      old: null,
      object: ahead,
      beside: [hco(STOCK), pg, fast(excuse(DATA_RULE, forFast))],
    },
  ],
  'the same where the exception has no bound': [
    DATA_RULE,
    { old: null, object: ahead, beside: [hco(STOCK), pg, fast(excuse(DATA_RULE))] },
  ],
  'the same where the exception stands on the HyperConverged': [
    DATA_RULE,
    {
      old: null,
      object: ahead,
      beside: [hco(STOCK, excuse(DATA_RULE, forFast)), pg, fast()],
    },
  ],
  'a policy deleted with its exception without a bound, so that another wins for the critical VM': [
    DATA_RULE,
    {
      operation: 'DELETE',
      old: fast(excuse(DATA_RULE)),
      object: null,
      beside: [hco(STOCK), pg, fast(excuse(DATA_RULE)), behind],
    },
  ],
  'a policy deleted with the only exception, under which it let the cluster settings have its VMs':
    [
      DATA_RULE,
      {
        operation: 'DELETE',
        old: migrationPolicy('m', {}, excuse(DATA_RULE)),
        object: null,
        beside: [hco(POST_COPY), pg, migrationPolicy('m', {}, excuse(DATA_RULE))],
      },
    ],
  'an exception dropped as the cluster settings become inert, beside a policy that goes on with them':
    [
      NETWORK_RULE,
      {
        old: hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) }),
        object: hco(INERT, UNSTABLE),
        beside: [half],
      },
    ],
  'the same where the exception stays until the next request': [
    NETWORK_RULE,
    {
      old: hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) }),
      object: hco(INERT, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) }),
      beside: [half],
    },
  ],
  'the same where a critical VM runs': [
    DATA_RULE,
    {
      old: hco(POST_COPY, excuse(DATA_RULE, onPod)),
      object: hco(INERT),
      beside: [half, pg],
    },
  ],
  'the same where critical data is declared': [
    DATA_RULE,
    {
      old: hco(POST_COPY, { ...CRITICAL, ...excuse(DATA_RULE, onPod) }),
      object: hco(INERT, CRITICAL),
      beside: [migrationPolicy('half', { selectors: {}, allowWorkloadDisruption: true })],
    },
  ],
  'an exception dropped that covered only what the jsonpatch makes of the network': [
    DATA_RULE,
    {
      old: hco(POST_COPY, {
        ...CRITICAL,
        ...overCalm,
        ...excuse(DATA_RULE, { network: 'calm' }),
      }),
      object: hco(POST_COPY, { ...CRITICAL, ...overCalm }),
    },
  ],
  'the exception of a policy dropped, where the HyperConverged has one without a bound for itself':
    [
      NETWORK_RULE,
      {
        old: fast(excuse(NETWORK_RULE)),
        object: fast(),
        beside: [hco(STOCK, { ...UNSTABLE, ...excuse(NETWORK_RULE) }), fast(excuse(NETWORK_RULE))],
      },
    ],
  'a policy with an exception without a bound left without selectors, so that a critical VM has post copy by the cluster settings':
    [
      DATA_RULE,
      {
        old: fast(excuse(DATA_RULE)),
        object: migrationPolicy('fast', {}, excuse(DATA_RULE)),
        beside: [hco(POST_COPY), pg, fast(excuse(DATA_RULE))],
      },
    ],
  'the cluster settings made inert under an exception without a bound, beside a policy that goes on':
    [
      NETWORK_RULE,
      {
        old: hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE) }),
        object: hco(INERT, { ...UNSTABLE, ...excuse(NETWORK_RULE) }),
        beside: [half],
      },
    ],
  'a policy that follows the excused cluster settings, moved with them to another network by a jsonpatch':
    [
      DATA_RULE,
      {
        old: hco(POST_COPY, excuse(DATA_RULE, onPod)),
        object: hco(POST_COPY, { ...overCalm, ...excuse(DATA_RULE, onPod) }),
        beside: [slow, pg],
      },
    ],
  'post copy by a jsonpatch that readers disagree on, where a policy only warns of invalid values':
    [
      'json-patch-override',
      {
        old: hco(STOCK, UNSTABLE),
        object: hco(STOCK, {
          ...UNSTABLE,
          'kubevirt.kubevirt.io/jsonpatch': TWICE,
        }),
        context: { policy: { ...DEFAULT_POLICY, enforcement: { 'invalid-value': 'warn' } } },
      },
    ],
  'an exception extended without approval, where the policy only warns of that': [
    NETWORK_RULE,
    {
      old: hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod) }),
      object: hco(POST_COPY, { ...UNSTABLE, ...excuse(NETWORK_RULE, onPod, LONGER) }),
      context: WARNED,
    },
  ],
  'the same on a policy': [
    DATA_RULE,
    {
      old: fast(excuse(DATA_RULE, forFast)),
      object: fast(excuse(DATA_RULE, forFast, LONGER)),
      beside: [hco(STOCK), pg, fast(excuse(DATA_RULE, forFast))],
      context: WARNED,
    },
  ],
  'critical data moved to another network than the exception of the policy names': [
    DATA_RULE,
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, network: 'calm' }),
      beside: [pg, fast(excuse(DATA_RULE, forFast))],
    },
  ],
  'the same where a stale exception without a bound stands on the HyperConverged': [
    DATA_RULE,
    {
      old: hco(STOCK, excuse(DATA_RULE)),
      object: hco({ ...STOCK, network: 'calm' }, excuse(DATA_RULE)),
      beside: [pg, fast(excuse(DATA_RULE, forFast))],
    },
  ],
}

for (const [name, [rule, step]] of Object.entries(BLOCKED))
  t.test(`no way around: ${name}`, t => {
    const { allowed, denied } = attempt(among(step))
    t.equal(allowed, false)
    t.same([...new Set(denied)], [rule])
    t.end()
  })

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

t.test('who moves a VM out of what an exception covers is told so', t => {
  const [, step] = BLOCKED['a policy that takes a critical VM from one that is excused'] ?? []
  const denials = step && attempt(among(step)).findings.filter(({ effect }) => effect === 'deny')
  t.same(
    denials?.map(({ remark }) => remark),
    [
      'Before, an exception covered it that stands on another object; what this request makes of it is not covered any more.',
    ],
  )
  t.end()
})
