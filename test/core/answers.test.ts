import t from 'tap'
import { type Stamps, toAdmissionReview } from '../../src/core/admission-response.ts'
import { toAuditRecord } from '../../src/core/audit-record.ts'
import { type Decision, decide, fail } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { type JsonObject, printable, show } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { toWarnings } from '../../src/core/warnings.ts'
import { contextOf, NOW } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import {
  approving,
  exceptionText,
  factsOf,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
} from '../support/review.ts'

const V1 = 'admission.k8s.io/v1'
const stamps: Stamps = {
  now: NOW,
  policy: DEFAULT_POLICY,
  policyHash: 'sha256:abc',
  record: { sequence: 7, hash: 'def' },
}
type Response = {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: {
    readonly code: number
    readonly message: string
    readonly reason: string
    readonly details: { readonly causes: readonly Values[] } & Values
  }
  readonly patch?: string
  readonly patchType?: string
  readonly warnings?: readonly string[]
  readonly auditAnnotations: Texts
}
const answer = (decision: Decision, changes: Partial<Stamps> = {}) =>
  (toAdmissionReview(V1, decision, { ...stamps, ...changes }) as { response: Response }).response

const judge = (
  settings: Values,
  annotations: Texts = {},
  old: Values | null = null,
  context: Partial<DecisionContext> = {},
  webhook: 'validate' | 'advise' | 'mutate' = 'validate',
) => {
  const oldObject = old && stored('1.20', old)
  const operation = old === null ? 'CREATE' : 'UPDATE'
  const request = requestOf(operation, stored('1.20', settings, annotations), oldObject)
  return decide(webhook, request, contextOf(context))
}

t.test('a refusal reads well in a terminal and names every reason', t => {
  const { status, allowed } = answer(
    judge({ parallelMigrationsPerCluster: 20, progressTimeout: '150' }),
  )
  t.equal(allowed, false)
  t.equal(
    status?.message,
    `nothing was changed, for 2 reasons:

[parallel-migrations-too-high] spec.virtualization.liveMigrationConfig.parallelMigrationsPerCluster is 20: at most 10 are allowed with heavy workloads (assumed: the running VMs are not known). So many at once share the network: none keeps up with a busy guest, and all run into the timeout.
  fix: set parallelMigrationsPerCluster to 10 or less (guidance: 5); if no heavy workload runs here, say so: annotation migration-guard.io/workload-profile: standard
  exception: someone who may approve it can add the annotation
    exception.migration-guard.io/parallel-migrations-too-high: '{"reason":"<reason>","expires":"2026-11-30","bound":{"parallelMigrationsPerCluster":20}}'

[invalid-value] spec.virtualization.liveMigrationConfig.progressTimeout is "150": the value is text, not a number: remove the quotes.
  fix: write a whole number of seconds, such as 150`,
  )
  t.match(status, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    code: 403,
    reason: 'Forbidden',
    details: { name: 'kubevirt-hyperconverged', group: 'hco.kubevirt.io', kind: 'HyperConverged' },
  })
  t.match(status?.details.causes, [
    {
      reason: 'parallel-migrations-too-high',
      field: 'spec.virtualization.liveMigrationConfig.parallelMigrationsPerCluster',
      message: /^\[parallel-migrations-too-high\] .* Fix: set/,
    },
    { reason: 'invalid-value' },
  ])
  t.match(answer(judge({ progressTimeout: '150' })).status, { code: 422, reason: 'Invalid' })
  t.end()
})

t.test(
  'the exception that a refusal prints is refused as it is and works once it has a reason',
  t => {
    const facts = factsOf([network('bad', 'unstable')])
    const cases: readonly Values[] = [
      { parallelMigrationsPerCluster: 20 },
      { parallelOutboundMigrationsPerNode: 0 },
      { network: 'absent' },
      { network: "it's,wrong" },
      { network: 'bad', allowPostCopy: true, allowWorkloadDisruption: true },
    ]
    for (const settings of cases) {
      const message = answer(judge(settings, {}, null, { facts })).status?.message ?? ''
      const [, rule = '', quoted = ''] =
        /exception\.migration-guard\.io\/(\S+): '(.*)'$/m.exec(message) ?? []
      const text = quoted.replaceAll("''", "'")
      const attempt = (text: string) =>
        judge(settings, { [`exception.migration-guard.io/${rule}`]: text }, null, {
          facts,
          approvals: approving(rule),
        }).outcome
      t.equal(attempt(text), 'denied', `${rule} as it is`)
      t.equal(
        attempt(text.replace('<reason>', 'the rack is being moved')),
        'allowed-by-exception',
        rule,
      )
    }
    t.end()
  },
)

t.test('the exception that is printed never lasts longer than the policy allows', t => {
  const policy = {
    ...DEFAULT_POLICY,
    exceptions: { maxDurationSeconds: 7200, onExpiry: 'warn' } as const,
  }
  const { status } = answer(judge({ parallelMigrationsPerCluster: 20 }), { policy })
  t.match(status?.message, '"expires":"2026-11-23T14:00:00Z"')
  t.end()
})

t.test('what is not waivable shows no exception', t => {
  t.notMatch(answer(judge({ progressTimeout: -1 })).status?.message, /exception:/)
  t.end()
})

t.test('a failure is answered with its code, at the doors that only help with a warning', t => {
  for (const [code, reason] of [
    [400, 'BadRequest'],
    [413, 'RequestEntityTooLarge'],
    [415, 'UnsupportedMediaType'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
  ] as const) {
    const failure = { code, message: 'it went wrong' }
    const refused = answer(fail('validate', 'u', failure))
    t.match(refused, {
      uid: 'u',
      allowed: false,
      status: { code, reason, message: 'it went wrong' },
    })
    t.notOk(refused.warnings)
    for (const webhook of ['advise', 'mutate'] as const) {
      const helped = answer(fail(webhook, 'u', failure))
      t.match(helped, { uid: 'u', allowed: true, warnings: [/it went wrong/] })
      t.notOk(helped.status)
      t.notOk(helped.patch)
    }
  }
  t.equal(answer(fail('validate', null, { code: 400, message: 'x' })).uid, '')
  t.end()
})

t.test('a patch is answered in base64, of any text', t => {
  const { patch, patchType, allowed, status } = answer(judge({}, {}, null, {}, 'mutate'))
  t.match(
    { patchType, allowed, status },
    { patchType: 'JSONPatch', allowed: true, status: undefined },
  )
  t.match(JSON.parse(Buffer.from(patch ?? '', 'base64').toString()), [
    {
      op: 'add',
      path: '/spec/virtualization/liveMigrationConfig/bandwidthPerMigration',
      value: '0Mi',
    },
    { op: 'add', path: '/metadata/annotations/migration-guard.io~1filled' },
  ])
  t.notOk('patch' in answer(judge({ bandwidthPerMigration: '1Gi' }, {}, null, {}, 'mutate')))
  const long = 'ä\u{1f600}'.repeat(60_000)
  const filled = { 'migration-guard.io/filled': `network=${long},progressTimeout=7` }
  const large = answer(judge({ network: long }, filled, null, {}, 'mutate'))
  t.match(Buffer.from(large.patch ?? '', 'base64').toString(), 'ä\u{1f600}')
  t.end()
})

t.test('it answers in the version asked', t => {
  const review = toAdmissionReview('admission.k8s.io/v1beta1', judge({}), stamps)
  t.match(review, { apiVersion: 'admission.k8s.io/v1beta1', kind: 'AdmissionReview' })
  t.end()
})

const RULES_OFF = Object.fromEntries(['network-missing'].map(rule => [rule, 'off']))
const policies = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    migrationPolicy(`policy-${String(index).padStart(4, '0')}`, {
      selectors: {},
      allowPostCopy: true,
    }),
  )

t.test(
  'a warning has at most 256 characters, all together at most 4096, the rest is counted',
  t => {
    const facts = factsOf([...policies(300), network('bad', 'unstable')])
    const old = { network: 'bad' }
    const decision = judge({ ...old, allowAutoConverge: true }, {}, old, { facts })
    t.equal(decision.findings.filter(({ effect }) => effect === 'warn').length, 300)
    const warnings = toWarnings(decision)
    const together = (texts: readonly string[]) => texts.reduce((sum, text) => sum + text.length, 0)
    t.ok(warnings.every(({ length }) => length <= 256))
    t.ok(together(warnings) <= 4096)
    t.ok(together(warnings) > 3000, 'and there is something in them')
    t.equal(
      warnings.at(-1),
      `and ${300 - (warnings.length - 1)} more, for which the API server leaves no room`,
    )
    const more = answer(decision, { warnings: ['x'.repeat(300), 'y'.repeat(250), 'z\n\u001b[31m'] })
    t.ok(
      more.warnings?.every(({ length }) => length <= 256),
      'with those from outside',
    )
    t.ok(together(more.warnings ?? []) <= 4096)
    t.match(more.warnings?.[0], /^x{200}/, 'which come first')
    t.notOk(more.warnings?.some(text => text.includes('\n') || text.includes('\u001b')))
    t.end()
  },
)

t.test('the most severe warning comes first', t => {
  const enforcement = { ...RULES_OFF }
  const key = 'exception.migration-guard.io/parallel-migrations-too-high'
  const request = requestOf(
    'UPDATE',
    stored(
      '1.20',
      {
        parallelMigrationsPerCluster: 20,
        parallelOutboundMigrationsPerNode: 2,
        progressTimeout: 0,
      },
      { [key]: exceptionText(), 'migration-guard.io/data': 'x' },
    ),
    stored('1.20', { parallelOutboundMigrationsPerNode: 2 }),
  )
  const context = contextOf({
    policy: { ...DEFAULT_POLICY, enforcement },
    approvals: approving('parallel-migrations-too-high'),
  })
  t.same(
    toWarnings(decide('validate', request, context)).map(text => text.slice(0, 45)),
    [
      'allowed by exception until 2026-12-01: [paral',
      '[outbound-migrations-too-high] spec.virtualiz',
      '[progress-timeout-low] spec.virtualization.li',
      'migration-guard.io/data: "x" is ignored: expe',
    ],
  )
  const operator = {
    username: 'system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator',
    uid: '',
    groups: [],
    extra: { 'authentication.kubernetes.io/pod-name': ['hco-1'] },
  }
  const spared = decide(
    'advise',
    {
      ...request,
      userInfo: operator,
      object: stored('1.20', { parallelMigrationsPerCluster: 20 }),
    },
    context,
  )
  t.match(
    toWarnings(spared)[0],
    /^would be refused for anybody else: \[parallel-migrations-too-high\]/,
  )
  t.end()
})

t.test('an edit of something else is reminded in one line of what would be refused', t => {
  const old = stored('1.20', {
    parallelMigrationsPerCluster: 20,
    progressTimeout: 0,
    parallelOutboundMigrationsPerNode: 9,
  })
  const edit = { ...old, spec: { ...(old.spec as Values), featureGates: {} } }
  t.same(toWarnings(decide('advise', requestOf('UPDATE', edit, old), contextOf())), [
    'live migration is still set in a way that would be refused today: parallel-migrations-too-high, outbound-migrations-too-high',
  ])
  const fine = stored('1.20', { progressTimeout: 0 })
  const other = { ...fine, spec: { ...(fine.spec as Values), featureGates: {} } }
  t.same(toWarnings(decide('advise', requestOf('UPDATE', other, fine), contextOf())), [])
  t.end()
})

t.test('a text is said once', t => {
  const decision = judge({ parallelMigrationsPerCluster: 6 })
  const twice = { ...decision, findings: [...decision.findings, ...decision.findings] }
  t.same(toWarnings(twice), toWarnings(decision))
  t.end()
})

t.test('text from a request cannot act on a terminal', t => {
  const evil = 'a\u001b[2Jb\r\nc\u202ed\u2028e\u0085f\ufeffg\ud800h'
  const shown = printable(evil, 200)
  t.equal(shown.replace(/\\u[0-9a-f]{4}/g, '').replace('\ufffd', ''), 'a[2Jbcdefgh')
  const hidden = ['\u061c', '\u2060', '\u2069', '\u00ad', '\u180e', '\u2029', '\u{e0041}']
  for (const mark of hidden) t.match(printable(`a${mark}b`), /^a(\\u[0-9a-f]{4})+b$/)
  const ordinary = 'Zürich: 10\u00a0Gbit/s, e\u0301, 東京, שלום, עברית, नमस्ते, \u{1f600}'
  t.equal(printable(ordinary), ordinary)
  t.equal(printable('x'.repeat(300), 256).length, 256)
  t.ok(printable('\u001b'.repeat(300), 256).length <= 256)
  t.ok(printable('\u{1f600}'.repeat(200), 64).isWellFormed(), 'not cut within a character')
  t.equal(show(undefined), 'nothing')
  t.equal(show({ a: 1 }), '{"a":1}')
  const decision = judge({ network: evil, bandwidthPerMigration: evil })
  const { status, warnings = [] } = answer(decision)
  const texts = [
    status?.message.replaceAll('\n', '') ?? '',
    ...warnings,
    ...(status?.details.causes ?? []).map(cause => String(cause.message)),
  ]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  t.notOk(texts.some(text => /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/.test(text)))
  t.end()
})

t.test(
  'the API server’s audit log gets the outcome, the rules, the exceptions and our record',
  t => {
    const key = 'exception.migration-guard.io/parallel-migrations-too-high'
    const approvals = approving('parallel-migrations-too-high')
    const excused = judge(
      { parallelMigrationsPerCluster: 20, progressTimeout: 0 },
      { [key]: exceptionText() },
      null,
      { approvals },
    )
    t.same(answer(excused).auditAnnotations, {
      decision: 'allowed-by-exception',
      policy: 'sha256:abc',
      rules: 'parallel-migrations-too-high:excused,progress-timeout-low:warn',
      exceptions: 'parallel-migrations-too-high until 2026-12-01',
      record: '7:def',
    })
    t.same(answer(judge({}), { record: null }).auditAnnotations, {
      decision: 'allowed',
      policy: 'sha256:abc',
    })
    t.end()
  },
)

t.test('an audit record holds who, what, before and after, and why', t => {
  const request = {
    ...requestOf(
      'UPDATE',
      stored(
        '1.20',
        { parallelMigrationsPerCluster: 20 },
        { 'migration-guard.io/data': 'x', other: 'secret' },
      ),
      stored('1.20'),
    ),
    fieldManager: 'kubectl-edit',
  }
  const approvals = new Map([['a', { granted: false, detail: 'no' }]])
  const decision = decide('validate', request, contextOf())
  const record = toAuditRecord(decision, { now: NOW, approvals })
  t.same(Object.keys(record).sort(), [
    'after',
    'allowed',
    'approvals',
    'before',
    'code',
    'failure',
    'fieldManager',
    'filled',
    'findings',
    'kind',
    'name',
    'namespace',
    'operation',
    'outcome',
    'profile',
    'time',
    'type',
    'uid',
    'user',
    'webhook',
  ])
  t.match(record, {
    type: 'decision',
    time: '2026-11-23T12:00:00.000Z',
    webhook: 'validate',
    uid: request.uid,
    operation: 'UPDATE',
    namespace: 'openshift-cnv',
    name: 'kubevirt-hyperconverged',
    fieldManager: 'kubectl-edit',
    user: { username: 'alice' },
    before: { apiVersion: 'hco.kubevirt.io/v1', settings: { parallelMigrationsPerCluster: 5 } },
    after: {
      settings: { parallelMigrationsPerCluster: 20 },
      annotations: { 'migration-guard.io/data': 'x', other: undefined },
    },
    approvals: { a: { granted: false } },
    outcome: 'denied',
    allowed: false,
    code: 403,
    failure: null,
    profile: { name: 'heavy', source: 'assumed', examples: [] },
    findings: [
      {
        rule: 'parallel-migrations-too-high',
        value: 20,
        enforcement: 'deny',
        change: 'introduced',
        effect: 'deny',
        exception: null,
      },
    ],
    filled: {},
  })
  t.same(JSON.parse(JSON.stringify(record)), record, 'it is plain JSON')
  const filled = toAuditRecord(judge({}, {}, null, {}, 'mutate'), { now: NOW, approvals })
  t.same(filled.filled, { bandwidthPerMigration: '0Mi' })
  const failed = toAuditRecord(fail('validate', null, { code: 400, message: 'no' }), {
    now: NOW,
    approvals: new Map(),
  })
  t.match(failed, { uid: null, failure: 'no', code: 400, profile: null, approvals: {} })
  t.notOk('before' in failed)
  t.end()
})

t.test('an audit record of filling holds what shows whose a setting is, and nothing longer', t => {
  const evidence = (object: JsonObject, old: JsonObject | null = null, changes: Values = {}) => {
    const request = requestOf(old === null ? 'CREATE' : 'UPDATE', object, old, changes)
    const decision = decide('mutate', request, contextOf())
    return toAuditRecord(decision, { now: NOW, approvals: new Map() }).evidence
  }
  const annotations = {
    'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({
      apiVersion: 'hco.kubevirt.io/v1',
      metadata: { annotations: { 'migration-guard.io/pinned': '', other: '1' } },
      spec: { virtualization: { liveMigrationConfig: { progressTimeout: 150, unheardOf: 1 } } },
    }),
  }
  const managedFields = [
    {
      manager: 'kubectl-edit',
      operation: 'Update',
      apiVersion: 'hco.kubevirt.io/v1',
      fieldsV1: {
        'f:spec': { 'f:virtualization': { 'f:liveMigrationConfig': { 'f:allowPostCopy': {} } } },
      },
    },
  ]
  const nothing = { claimed: [], declarative: false, gaps: {}, named: {}, stock: 'HCO 1.19' }
  t.strictSame(evidence(stored('1.20')), nothing)
  const object = stored('1.20', {}, annotations, 'v1', { managedFields })
  t.strictSame(evidence(object, stored('1.20', { progressTimeout: 200 })), {
    ...nothing,
    claimed: ['migration-guard.io/pinned'],
    declarative: true,
    named: { allowPostCopy: 'update', progressTimeout: 'apply' },
  })
  const status = { versions: [{ name: 'operator', version: '4.21.3' }] }
  t.strictSame(evidence({ ...stored('1.17'), metadata: {}, status }), {
    ...nothing,
    gaps: { 'metadata.annotations': 'absent' },
    stock: 'HCO 1.17',
  })
  t.equal(evidence(stored('1.20'), stored('1.20')), undefined, 'nothing changed')
  t.end()
})

t.test('an audit record holds what is rare only where it is there', t => {
  const rare = (object: JsonObject, changes: Values = {}) => {
    const decision = decide('validate', requestOf('UPDATE', object, object, changes), contextOf())
    return toAuditRecord(decision, { now: NOW, approvals: new Map() })
  }
  const usual = rare(stored('1.20'))
  t.notOk('subResource' in usual)
  t.strictSame(Object.keys(usual.after as Values), ['annotations', 'apiVersion', 'settings'])
  const time = '2026-11-23T08:00:00Z'
  const object: JsonObject = {
    ...stored('1.20', {}, {}, 'v1', { deletionTimestamp: time }),
    apiVersion: 'hco.kubevirt.io/v2',
  }
  const older = { ...object, spec: { ...(object.spec as Values), liveMigrationConfig: { x: 1 } } }
  t.match(rare(older, { subResource: 'status' }), {
    subResource: 'status',
    after: {
      deletionTimestamp: time,
      elsewhere: { x: 1 },
      path: 'spec.virtualization.liveMigrationConfig',
    },
  })
  t.end()
})

t.test('an audit record of a MigrationPolicy holds its spec', t => {
  const object = migrationPolicy('fast', { allowPostCopy: true })
  const decision = decide(
    'validate',
    requestOf('CREATE', object),
    contextOf({ facts: factsOf([]) }),
  )
  t.match(toAuditRecord(decision, { now: NOW, approvals: new Map() }), {
    name: 'fast',
    before: null,
    after: { settings: { allowPostCopy: true } },
  })
  t.end()
})
