// Post copy that a policy would keep when the exception is gone under which it came.
import t from 'tap'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import { attempt, CRITICAL, hco, POST_COPY, STOCK, UNSTABLE } from '../support/attempt.ts'
import {
  ahead,
  among,
  behind,
  DATA_RULE,
  excuse,
  fast,
  forFast,
  half,
  INERT,
  LONGER,
  NETWORK_RULE,
  ofDb,
  onPod,
  overCalm,
  pg,
  type Step,
  slow,
  TWICE,
  WARNED,
} from '../support/excused-policies.ts'
import { migrationPolicy } from '../support/review.ts'

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
