// What the exceptions that stand on MigrationPolicies excuse in a HyperConverged, and in a deletion.
import t from 'tap'
import { toAdmissionReview } from '../../src/core/admission-response.ts'
import type { AdmissionOperation } from '../../src/core/admission-review.ts'
import { decide } from '../../src/core/decision.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import { CRITICAL, exception, hco, POST_COPY, STOCK, UNSTABLE } from '../support/attempt.ts'
import { contextOf, NOW } from '../support/decide.ts'
import { PATCH } from '../support/migrations-patch.ts'
import {
  approving,
  factsOf,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
  vmi,
} from '../support/review.ts'

const POD = '(pod network)'
const WORN = 'openshift-cnv/worn'
const NETWORK_RULE = 'post-copy-unstable-network'
const DATA_RULE = 'post-copy-critical-data'
const ON = { selectors: {}, allowPostCopy: true }
const LABELLED = { virtualMachineInstanceSelector: { app: 'db' } }
const FOLLOWING = { selectors: {}, allowWorkloadDisruption: true }

const excuse = (rule: RuleId, bound?: Values, changes: Values = {}): Texts =>
  exception(rule, { ...(bound && { bound }), ...changes })
const forFast = { policy: 'fast', network: POD }
const networkPatch = (name: string): Texts => ({
  [PATCH]: JSON.stringify([
    { op: 'add', path: '/spec/configuration/migrations/network', value: name },
  ]),
})

type Step = {
  readonly operation?: AdmissionOperation
  readonly old: JsonObject | null
  readonly object: JsonObject | null
  /** What is on the cluster besides. */
  readonly beside?: readonly JsonObject[]
}

function judged({ operation, old, object, beside = [] }: Step) {
  const request = requestOf(operation ?? (old === null ? 'CREATE' : 'UPDATE'), object, old)
  const context = contextOf({
    facts: factsOf([network('worn', 'unstable'), network('calm', 'stable'), ...beside]),
  })
  const decision = decide('validate', request, context)
  const stamps = { now: NOW, policy: DEFAULT_POLICY, policyHash: '', record: null }
  const { response } = toAdmissionReview('admission.k8s.io/v1', decision, stamps) as {
    response: { status?: { message: string }; warnings?: readonly string[] }
  }
  const denied = decision.findings.filter(({ effect }) => effect === 'deny')
  return {
    outcome: decision.outcome,
    denied: denied.map(({ rule }) => rule),
    message: response.status?.message ?? '',
    warnings: response.warnings ?? [],
  }
}

// The exception of a HyperConverged whose post copy is switched off again, beside a MigrationPolicy that has it on by itself.
const dropping = (policy: JsonObject, own: Texts = excuse(NETWORK_RULE)): Step => ({
  old: hco(POST_COPY, { ...UNSTABLE, ...own }),
  object: hco(STOCK, UNSTABLE),
  beside: [policy],
})
const creating = (settings: Values, annotations: Texts, ...beside: JsonObject[]): Step => ({
  old: null,
  object: hco(settings, annotations),
  beside,
})

const OPEN: Readonly<Record<string, Step>> = {
  'the exception of a HyperConverged dropped with its cause, beside a policy that is excused by its own':
    {
      ...dropping(migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast))),
    },
  'the same where the exception of the HyperConverged named the policy, too': dropping(
    migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast)),
    excuse(NETWORK_RULE, { network: POD, policy: ['(cluster settings)', 'fast'] }),
  ),
  'a stock HyperConverged created again beside a policy that is excused by its own': creating(
    STOCK,
    UNSTABLE,
    migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast)),
  ),
  'the same where critical data is declared': creating(
    STOCK,
    CRITICAL,
    migrationPolicy('fast', ON, excuse(DATA_RULE, forFast)),
  ),
  'the same where a critical VM runs': creating(
    STOCK,
    {},
    vmi('pg', CRITICAL),
    migrationPolicy('fast', ON, excuse(DATA_RULE, forFast)),
  ),
  'the same on another network that the exception names': creating(
    { ...STOCK, network: 'worn' },
    {},
    migrationPolicy('fast', ON, excuse(NETWORK_RULE, { policy: 'fast', network: [POD, 'worn'] })),
  ),
}

for (const [name, step] of Object.entries(OPEN))
  t.test(`still open: ${name}`, t => {
    const { denied, warnings } = judged(step)
    t.same(denied, [])
    t.ok(
      warnings.some(text => text.startsWith('allowed by exception until 2026-12-01')),
      'the exception shows',
    )
    t.end()
  })

const BLOCKED: Readonly<Record<string, readonly [readonly RuleId[], Step]>> = {
  'post copy in the cluster settings by the exception of a policy': [
    [NETWORK_RULE],
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(POST_COPY, UNSTABLE),
      beside: [migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast))],
    },
  ],
  'the same when the HyperConverged is created': [
    [NETWORK_RULE],
    creating(POST_COPY, UNSTABLE, migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast))),
  ],
  'post copy that a policy takes from the cluster settings, by the exception of the policy': [
    [NETWORK_RULE],
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...STOCK, allowPostCopy: true }, UNSTABLE),
      beside: [migrationPolicy('fast', FOLLOWING, excuse(NETWORK_RULE, forFast))],
    },
  ],
  'the same dropped by its own exception and kept by the one of the policy': [
    [NETWORK_RULE],
    {
      old: hco(
        { ...STOCK, allowPostCopy: true },
        { ...UNSTABLE, ...excuse(NETWORK_RULE, forFast) },
      ),
      object: hco({ ...STOCK, allowPostCopy: true }, UNSTABLE),
      beside: [migrationPolicy('fast', FOLLOWING, excuse(NETWORK_RULE, forFast))],
    },
  ],
  'another unstable network than the exception of the policy names': [
    [NETWORK_RULE],
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...STOCK, network: 'worn' }, UNSTABLE),
      beside: [migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast))],
    },
  ],
  'another unstable network where the exception of the policy has no bound': [
    [NETWORK_RULE],
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...STOCK, network: 'worn' }, UNSTABLE),
      beside: [migrationPolicy('fast', ON, excuse(NETWORK_RULE))],
    },
  ],
  'the exception for another network dropped, and kept by one of the policy without a bound': [
    [NETWORK_RULE],
    {
      old: hco(
        { ...STOCK, network: 'worn' },
        excuse(NETWORK_RULE, { network: WORN, policy: 'fast' }),
      ),
      object: hco({ ...STOCK, network: 'worn' }),
      beside: [migrationPolicy('fast', ON, excuse(NETWORK_RULE))],
    },
  ],
  'critical data on another network than the exception of the policy names, by a jsonpatch': [
    [DATA_RULE],
    creating(
      STOCK,
      { ...CRITICAL, ...networkPatch('calm') },
      migrationPolicy('fast', ON, excuse(DATA_RULE, forFast)),
    ),
  ],
  'the same by the exception of the HyperConverged, for the cluster settings': [
    [DATA_RULE],
    {
      old: hco(POST_COPY, { ...CRITICAL, ...excuse(DATA_RULE, { network: POD }) }),
      object: hco(POST_COPY, {
        ...CRITICAL,
        ...excuse(DATA_RULE, { network: POD }),
        ...networkPatch('calm'),
      }),
    },
  ],
  'an exception on one policy that names another': [
    [NETWORK_RULE],
    creating(
      STOCK,
      UNSTABLE,
      migrationPolicy('fast', ON),
      migrationPolicy('other', {}, excuse(NETWORK_RULE, forFast)),
    ),
  ],
  'an exception on the policy that names another': [
    [NETWORK_RULE],
    creating(
      STOCK,
      UNSTABLE,
      migrationPolicy('fast', ON, excuse(NETWORK_RULE, { policy: 'other', network: POD })),
    ),
  ],
  'an exception on the policy for another rule': [
    [DATA_RULE],
    creating(
      STOCK,
      { ...UNSTABLE, ...CRITICAL },
      migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast)),
    ),
  ],
  'an exception on the policy that has expired': [
    [NETWORK_RULE],
    creating(
      STOCK,
      UNSTABLE,
      migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast, { expires: '2026-11-22' })),
    ),
  ],
  'a second policy beside one that is excused': [
    [NETWORK_RULE],
    creating(
      STOCK,
      UNSTABLE,
      migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast)),
      migrationPolicy('quick', ON),
    ),
  ],
  'the exception of a policy taken away by an editor of the policy, while it is stored': [
    [NETWORK_RULE],
    {
      old: migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast)),
      object: migrationPolicy('fast', ON),
      beside: [hco(STOCK, UNSTABLE), migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast))],
    },
  ],
  'a policy deleted that spares VMs of one that is excused': [
    [NETWORK_RULE],
    {
      operation: 'DELETE',
      old: migrationPolicy('spare', { ...ON, allowPostCopy: false, selectors: LABELLED }),
      object: null,
      beside: [
        hco(STOCK, UNSTABLE),
        migrationPolicy('fast', ON, excuse(NETWORK_RULE, forFast)),
        migrationPolicy('spare', { allowPostCopy: false, selectors: LABELLED }),
      ],
    },
  ],
}

for (const [name, [rules, step]] of Object.entries(BLOCKED))
  t.test(`no way: ${name}`, t => {
    t.same([...new Set(judged(step).denied)], rules)
    t.end()
  })

t.test('taking an exception away tells of the one that the policy can have', t => {
  const { message } = judged(dropping(migrationPolicy('fast', ON, excuse(NETWORK_RULE))))
  t.match(
    message,
    'This request takes away the exception that covered it: mend it in the same request, keep the exception, or first put one with a bound on MigrationPolicy fast.',
  )
  t.end()
})

t.test('nobody is told of an exception taken away that never covered it', t => {
  const key = `exception.migration-guard.io/${DATA_RULE}`
  const onCalm = { policy: 'fast', network: 'openshift-cnv/calm' }
  const expired = excuse(DATA_RULE, onCalm, { expires: '2026-11-22' })
  const unreadable = { [key]: '{reason: [' }
  const standing: Readonly<Record<string, readonly [before: Texts, after: Texts]>> = {
    none: [{}, {}],
    'of another network, which goes': [excuse(DATA_RULE, forFast), {}],
    'expired, which goes': [expired, {}],
    'expired, which stays': [expired, expired],
    'unreadable, which stays': [unreadable, unreadable],
  }
  const remarks = Object.entries(standing).map(([name, [before, after]]) => {
    const { message } = judged({
      old: hco({ ...STOCK, network: 'calm' }, { ...CRITICAL, ...before }),
      object: hco({ ...STOCK, network: 'worn' }, { ...CRITICAL, ...after }),
      beside: [migrationPolicy('fast', ON, excuse(DATA_RULE, onCalm))],
    })
    const [, remark] = /what its memory held\. (.*)/.exec(message ?? '') ?? []
    return [name, remark]
  })
  const elsewhere =
    'Before, an exception covered it that stands on another object; what this request makes of it is not covered any more.'
  t.same(
    remarks,
    Object.keys(standing).map(name => [name, elsewhere]),
  )
  t.end()
})

const SPARING = { selectors: {}, allowPostCopy: false }
const DELETIONS: Readonly<Record<string, { hyperConverged: JsonObject; others: JsonObject[] }>> = {
  'on an unstable network': { hyperConverged: hco(POST_COPY, UNSTABLE), others: [] },
  'of a critical VM': { hyperConverged: hco(POST_COPY), others: [vmi('pg', CRITICAL)] },
  'of declared data': { hyperConverged: hco(POST_COPY, CRITICAL), others: [] },
  'for the VMs of another policy': {
    hyperConverged: hco(STOCK, UNSTABLE),
    others: [migrationPolicy('zeal', ON)],
  },
}

for (const [name, { hyperConverged, others }] of Object.entries(DELETIONS))
  t.test(`a policy is deleted that keeps post copy off, ${name}`, t => {
    const bare = migrationPolicy('fast', SPARING)
    const remove = (old: JsonObject) =>
      judged({
        operation: 'DELETE',
        old,
        object: null,
        beside: [hyperConverged, ...others, old],
      })
    const refusal = remove(bare)
    const [rule] = refusal.denied
    if (rule === undefined) throw new Error('the deletion was not refused')
    const leftover = remove(migrationPolicy('fast', SPARING, excuse(rule)))
    t.same(leftover.denied, refusal.denied, 'one without a bound does not cover it')
    t.match(
      leftover.message,
      'The exception that is there has no bound: it covers what the request set that added it, and no deletion. One with a bound has to take its place before.',
    )
    const [, key = '', text = ''] = /^ {4}(\S+): '(.*)'$/m.exec(refusal.message) ?? []
    const annotations = { [key]: text.replace('<reason>', 'the rack is being rebuilt') }
    const granting = decide(
      'validate',
      requestOf('UPDATE', migrationPolicy('fast', SPARING, annotations), bare),
      contextOf({
        facts: factsOf([hyperConverged, ...others, bare]),
        approvals: approving(rule),
      }),
    )
    t.equal(granting.outcome, 'allowed', 'the ready one can be put on it')
    const covered = remove(migrationPolicy('fast', SPARING, annotations))
    t.same([covered.outcome, covered.denied], ['allowed-by-exception', []])
    t.end()
  })

t.test('a policy that violates is deleted whatever exception it carries', t => {
  for (const annotations of [{}, excuse(NETWORK_RULE), excuse(NETWORK_RULE, forFast)]) {
    const fast = migrationPolicy('fast', ON, annotations)
    const beside = [hco(STOCK, UNSTABLE), fast]
    t.same(judged({ operation: 'DELETE', old: fast, object: null, beside }).denied, [])
  }
  t.end()
})
