import { globSync } from 'node:fs'
import fc from 'fast-check'
import jsonpatch from 'fast-json-patch'
import t from 'tap'
import { type Stamps, toAdmissionReview } from '../../src/core/admission-response.ts'
import { type AdmissionRequest, parseAdmissionReview } from '../../src/core/admission-review.ts'
import { toAuditRecord } from '../../src/core/audit-record.ts'
import { type Decision, decide, fail, type Webhook } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import { isObject, type JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY, type Enforcement } from '../../src/core/policy.ts'
import { RULE_IDS } from '../../src/core/rule-ids.ts'
import { settingsOf } from '../support/api-server.ts'
import {
  anyCase,
  contexts,
  declarations,
  eraAndVersion,
  exceptionsTo,
  someSettings,
} from '../support/arbitraries.ts'
import { contextOf, NOW, recordedReview } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import {
  approving,
  migrationPolicy,
  requestOf,
  type Texts,
  type Values,
} from '../support/review.ts'

const RUNS = { numRuns: 1000 }
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const STABILITY = 'migration-guard.io/network-stability'
const DATA = 'migration-guard.io/data'
const WEBHOOKS: readonly Webhook[] = ['validate', 'advise', 'mutate']

const enforcement = fc.dictionary(
  fc.constantFrom(...RULE_IDS),
  fc.constantFrom<Enforcement>('deny', 'deny', 'warn', 'audit', 'off'),
)
/** Any policy about enforcement and expiry, under which everything would be refused that can be. */
function strict(
  context: DecisionContext,
  enforcement: Values,
  onExpiry: 'warn' | 'deny',
): DecisionContext {
  const { policy, facts } = context
  return {
    ...context,
    facts: { ...facts, synced: true },
    policy: { ...policy, enforcement, exceptions: { ...policy.exceptions, onExpiry } },
  }
}
const annotationsOf = (object: JsonObject | null) =>
  ((object?.metadata as Values | undefined)?.annotations ?? {}) as Texts
const withAnnotations = (object: JsonObject, annotations: Texts): JsonObject => ({
  ...object,
  metadata: { ...(object.metadata as Values), annotations },
})

t.test('a request that leaves the settings as they are is never refused', t => {
  const tightening = fc.record(
    {
      [DATA]: fc.constant('critical'),
      [STABILITY]: fc.constant('unstable'),
      'migration-guard.io/workload-profile': fc.constantFrom('heavy', 'standard'),
      'migration-guard.io/pinned': fc.constantFrom('', 'progressTimeout'),
      other: fc.constant('x'),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      anyCase,
      tightening,
      enforcement,
      fc.constantFrom('warn', 'deny'),
      ({ request, context }, added, enforcement, onExpiry) => {
        const old = request.object ?? {}
        const object = withAnnotations(
          { ...old, spec: { ...(old.spec as Values), featureGates: {} } },
          { ...annotationsOf(old), ...(added as Texts) },
        )
        const decision = decide(
          'validate',
          requestOf('UPDATE', object, old),
          strict(context, enforcement, onExpiry),
        )
        if (!decision.allowed)
          throw new Error(
            JSON.stringify(decision.findings.filter(({ effect }) => effect === 'deny')),
          )
      },
    ),
    RUNS,
  )
  t.end()
})

t.test(
  'a request without a guarded change is never refused, nor one for what is being deleted',
  t => {
    fc.assert(
      fc.property(anyCase, fc.jsonValue(), fc.boolean(), ({ request, context }, value, deleted) => {
        const old = request.object ?? {}
        const metadata = old.metadata as Values
        const stored = deleted
          ? { ...old, metadata: { ...metadata, deletionTimestamp: '2026-11-23T08:00:00Z' } }
          : old
        const elsewhere = {
          ...old,
          spec: { ...(old.spec as Values), anything: value },
          status: value,
          metadata: {
            ...metadata,
            labels: value,
            finalizers: value,
            annotations: { ...annotationsOf(old), other: JSON.stringify(value) },
          },
        }
        const object = deleted ? (request.oldObject ?? elsewhere) : elsewhere
        return decide('validate', requestOf('UPDATE', object, stored), context).allowed
      }),
      RUNS,
    )
    t.end()
  },
)

t.test('what is let through introduces no post copy that loses a VM', t => {
  type Raw = { readonly settings: Values; readonly policies: readonly Values[] }
  const effective = ({ allowPostCopy, allowWorkloadDisruption, completionTimeoutPerGiB }: Values) =>
    allowPostCopy === true && allowWorkloadDisruption !== false && completionTimeoutPerGiB !== 0
  const merged = (cluster: Values, policy: Values): Values => {
    const own = Object.fromEntries(
      Object.entries(policy).filter(
        ([name]) => name.startsWith('allow') || name.startsWith('completion'),
      ),
    )
    const follows =
      'allowPostCopy' in policy && !('allowWorkloadDisruption' in policy)
        ? { allowWorkloadDisruption: policy.allowPostCopy }
        : {}
    return { ...cluster, ...follows, ...own }
  }
  type Danger = {
    /** VMs that may lose their memory, by a name that is the same before and after. */
    readonly exposed: readonly string[]
    /** The same, where it must be refused if it is new. */
    readonly refused: readonly string[]
    /** What may be refused besides: policies that would switch post copy on, whomever they win for. */
    readonly suspected: readonly string[]
  }
  const goldOnly = (spec: Values) =>
    (spec.selectors as { virtualMachineInstanceSelector?: Texts } | undefined)
      ?.virtualMachineInstanceSelector !== undefined
  const winnerFor = (gold: boolean, policies: readonly Values[]) => {
    const matching = policies.filter(
      spec => spec.selectors !== undefined && (gold || !goldOnly(spec)),
    )
    const closest = matching.filter(goldOnly)
    const candidates = closest.length > 0 ? closest : matching
    return candidates.toSorted((a, b) => (String(a.name) < String(b.name) ? -1 : 1))[0]
  }
  const dangers = (
    { settings, policies }: Raw,
    annotations: Texts,
    { policy, facts }: DecisionContext,
  ): Danger => {
    const { network } = settings
    const name =
      typeof network === 'string' && network !== '' ? network.replace('openshift-cnv/', '') : null
    const unstable =
      name === null
        ? annotations[STABILITY] === 'unstable' || policy.networks.podNetwork === 'unstable'
        : name === 'bad' || policy.networks.unstable.includes(name)
    const declared = annotations[DATA] === 'critical' || policy.data === 'critical'
    const effectiveFor = (spec: Values | undefined) =>
      effective(spec ? merged(settings, spec) : settings)
    const exposed: string[] = []
    const refused: string[] = []
    for (const gold of [true, false]) {
      const winner = winnerFor(gold, policies)
      if (!effectiveFor(winner)) continue
      const vms = gold ? 'gold VMs' : 'other VMs'
      if (unstable) {
        exposed.push(`${vms} on ${name}`)
        refused.push(`${vms} on ${name}`)
      }
      if (!declared) continue
      exposed.push(`${vms} with declared data`)
      if (!winner || !goldOnly(winner)) refused.push(`${vms} with declared data`)
    }
    for (const { name: vm, labels } of facts.workloads.critical)
      if (effectiveFor(winnerFor(labels.tier === 'gold', policies))) {
        exposed.push(`critical ${vm}`)
        refused.push(`critical ${vm}`)
      }
    const suspected = policies.map(
      spec =>
        `${spec.name} for ${JSON.stringify(spec.selectors ?? null)} on ${name}: ${effectiveFor(spec)}`,
    )
    if (effective(settings)) suspected.push(`cluster on ${name}`)
    return { exposed, refused, suspected }
  }
  const policySpec = fc.record(
    {
      selectors: fc.constantFrom<Values>({}, { virtualMachineInstanceSelector: { tier: 'gold' } }),
      allowPostCopy: fc.boolean(),
      allowWorkloadDisruption: fc.boolean(),
      completionTimeoutPerGiB: fc.constantFrom(0, 10, -1),
    },
    { requiredKeys: [] },
  )
  const world = eraAndVersion.chain(({ era, version }) =>
    fc.record({
      era: fc.constant(era),
      version: fc.constant(version),
      context: contexts(era).map(context => ({ ...context, approvals: new Map() })),
      before: someSettings,
      after: someSettings,
      annotations: declarations,
      spec: policySpec,
      oldSpec: policySpec,
      onPolicy: fc.constantFrom('none', 'CREATE', 'UPDATE', 'DELETE'),
    }),
  )
  const readPolicies = (facts: DecisionContext['facts']): Values[] =>
    facts.migrationPolicies.map(({ name, selectors, settings }) => ({
      name,
      ...(selectors === null
        ? {}
        : {
            selectors: {
              virtualMachineInstanceSelector:
                Object.keys(selectors.virtualMachineInstance).length > 0
                  ? selectors.virtualMachineInstance
                  : undefined,
            },
          }),
      ...settings,
    }))
  const sameTexts = (left: readonly string[], right: readonly string[]) =>
    left.toSorted().join() === right.toSorted().join()
  let refused = 0
  fc.assert(
    fc.property(
      world,
      ({ era, version, context, before, after, annotations, spec, oldSpec, onPolicy }) => {
        const facts = { ...context.facts, synced: true }
        const old = stored(era, before, annotations, version)
        const policies = readPolicies(facts)
        const state = (settings: Values, policies: readonly Values[]) =>
          dangers({ settings, policies }, annotations, { ...context, facts })
        let found: { before: Danger; after: Danger; decision: Decision }
        if (onPolicy === 'none') {
          const object = stored(era, after, annotations, version)
          const decision = decide('validate', requestOf('UPDATE', object, old), {
            ...context,
            facts,
          })
          found = {
            before: state(settingsOf(old), policies),
            after: state(settingsOf(object), policies),
            decision,
          }
        } else {
          const at = { ...context, facts: { ...facts, hyperConverged: old } }
          const [now, was] = [
            onPolicy === 'DELETE' ? null : spec,
            onPolicy === 'CREATE' ? null : oldSpec,
          ]
          const object = (values: Values | null) => values && migrationPolicy('p1', values)
          const others = policies.filter(({ name }) => name !== 'p1')
          const withOne = (values: Values | null) => [
            ...others,
            ...(values ? [{ name: 'p1', ...values }] : []),
          ]
          const decision = decide('validate', requestOf(onPolicy, object(now), object(was)), at)
          found = {
            before: state(settingsOf(old), withOne(was)),
            after: state(settingsOf(old), withOne(now)),
            decision,
          }
        }
        const fresh = found.after.refused.filter(danger => !found.before.exposed.includes(danger))
        const same = sameTexts(found.before.suspected, found.after.suspected)
        if (fresh.length > 0) refused++
        if (fresh.length > 0 && found.decision.allowed)
          throw new Error(`let through: ${fresh.join()}`)
        const rules = found.decision.findings.filter(
          ({ rule, effect }) => rule.startsWith('post-copy-') && effect === 'deny',
        )
        if (fresh.length === 0 && same && rules.length > 0)
          throw new Error(`refused for nothing: ${rules.map(({ identity }) => identity).join()}`)
      },
    ),
    { numRuns: 2000 },
  )
  t.ok(refused > 30, `and there was something to refuse, ${refused} times`)
  t.end()
})

t.test(
  'an exception excuses its own rule, what its bound admits, until its end, and only when approved',
  t => {
    const grants = fc.subarray([...RULE_IDS], { minLength: 8 })
    // Often the same before and after, which is when nothing need be approved and nothing more is covered.
    const both = fc
      .tuple(exceptionsTo(3, 6), exceptionsTo(3, 6), fc.constantFrom('same', 'both', 'new'))
      .map(([before, after, how]): [Texts, Texts] =>
        how === 'same'
          ? [after, after]
          : how === 'both'
            ? [before, { ...before, ...after }]
            : [{}, after],
      )
    let excusedEver = 0
    fc.assert(
      fc.property(anyCase, both, grants, ({ request, context }, [before, after], granted) => {
        const old =
          request.oldObject &&
          withAnnotations(request.oldObject, {
            ...withoutExceptions(request.oldObject),
            ...before,
          })
        const object = withAnnotations(request.object ?? {}, {
          ...withoutExceptions(request.object),
          ...after,
        })
        const { findings } = decide(
          'validate',
          { ...request, object, oldObject: old },
          {
            ...context,
            facts: { ...context.facts, synced: true },
            approvals: approving(...granted),
          },
        )
        for (const finding of findings.filter(({ effect }) => effect === 'excused')) {
          excusedEver++
          const { rule, change, bound: needed } = finding
          const key = `exception.migration-guard.io/${rule}`
          const { expires, bound, reason } = JSON.parse(after[key] ?? 'null')
          const changed = before[key] !== after[key] || old === null
          const end = Date.parse(`${expires}T23:59:59.999Z`)
          const admitted =
            bound === undefined
              ? changed || change === 'kept'
              : needed !== null &&
                Object.entries(needed).every(([name, value]) => {
                  const limit = bound[name]
                  return typeof value === 'number'
                    ? typeof limit === 'number' && value <= limit
                    : [limit, `openshift-cnv/${limit}`].includes(value)
                })
          const problems = [
            reason.length >= 10 || 'short',
            end > NOW || 'expired',
            !changed || end <= NOW + 720 * 3600_000 || 'too long',
            !changed || granted.includes(rule) || 'not approved',
            !['invalid-value', 'exception-unauthorised', 'exception-invalid'].includes(rule) ||
              'never waivable',
            admitted || 'not admitted',
          ].filter(problem => problem !== true)
          if (problems.length > 0) throw new Error(`${rule}: ${problems.join()}`)
        }
      }),
      { numRuns: 2000 },
    )
    t.ok(excusedEver > 50, `and something was excused (${excusedEver})`)
    t.end()
  },
)
function withoutExceptions(object: JsonObject | null): Texts {
  return Object.fromEntries(
    Object.entries(annotationsOf(object)).filter(
      ([key]) => !key.startsWith('exception.') && key !== PATCH,
    ),
  )
}

const OPERATOR = {
  username: 'system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator',
  uid: '',
  groups: [],
  extra: { 'authentication.kubernetes.io/pod-name': ['hco-1'] },
}

t.test(
  'a decision is the same for the same input, says why it refuses, and spares the operator',
  t => {
    fc.assert(
      fc.property(anyCase, fc.constantFrom(...WEBHOOKS), ({ request, context }, webhook) => {
        const decision = decide(webhook, request, context)
        const { allowed, findings, failure, code, outcome } = decision
        const denied = findings.some(({ effect }) => effect === 'deny')
        const synced = { ...context, facts: { ...context.facts, synced: true } }
        return (
          JSON.stringify(decision) === JSON.stringify(decide(webhook, request, context)) &&
          (webhook === 'validate' ? allowed === !(denied || failure !== null) : allowed) &&
          (outcome === 'denied') === !allowed &&
          (allowed ? code === 200 : [403, 422, 503].includes(code)) &&
          (allowed || decide('validate', { ...request, userInfo: OPERATOR }, synced).allowed)
        )
      }),
      RUNS,
    )
    t.end()
  },
)

// ── whatever comes over the wire

const stamps: Stamps = {
  now: NOW,
  policy: DEFAULT_POLICY,
  policyHash: 'sha256:abc',
  record: { sequence: 1, hash: 'def' },
  warnings: ['w'.repeat(300)],
}

function answer(webhook: Webhook, value: unknown, context: DecisionContext): Decision {
  const { uid, request, failure } = parseAdmissionReview(value)
  return failure === null ? decide(webhook, request, context) : fail(webhook, uid, failure)
}

/** Throws where the answer is not one that an API server accepts. */
function check(webhook: Webhook, value: unknown, context: DecisionContext): void {
  const { apiVersion, uid } = parseAdmissionReview(value)
  const decision = answer(webhook, value, context)
  const review = JSON.parse(JSON.stringify(toAdmissionReview(apiVersion, decision, stamps)))
  const { response } = review
  const wrong = (what: string) => {
    throw new Error(`${what}: ${JSON.stringify(response).slice(0, 500)}`)
  }
  if (
    review.kind !== 'AdmissionReview' ||
    !/^admission\.k8s\.io\/v1(beta1)?$/.test(review.apiVersion)
  )
    wrong('review')
  if (response.uid !== (uid ?? '')) wrong('uid')
  if (typeof response.allowed !== 'boolean') wrong('allowed')
  if (!response.allowed && webhook !== 'validate') wrong('refused at a door that only helps')
  if (response.allowed === 'status' in response) wrong('status')
  if (
    !response.allowed &&
    (typeof response.status.message !== 'string' || response.status.message === '')
  )
    wrong('message')
  if (!response.allowed && !(response.status.code >= 400 && response.status.code < 600))
    wrong('code')
  if ('patch' in response !== 'patchType' in response) wrong('patchType')
  if ('patch' in response && webhook !== 'mutate') wrong('a patch where none may be')
  const warnings: string[] = response.warnings ?? []
  if (!warnings.every(text => typeof text === 'string' && text.length <= 256)) wrong('a warning')
  if (warnings.reduce((sum, { length }) => sum + length, 0) > 4096) wrong('warnings')
  if (!Object.values(response.auditAnnotations).every(text => typeof text === 'string'))
    wrong('audit annotations')
  if ('patch' in response) {
    const operations = JSON.parse(Buffer.from(response.patch, 'base64').toString())
    const object = (value as { request: { object: JsonObject } }).request.object
    jsonpatch.applyPatch(jsonpatch.deepClone(object), operations, true)
  }
  JSON.stringify(toAuditRecord(decision, { now: NOW, approvals: new Map() }))
}

t.test('any JSON value gets an answer that an API server accepts', t => {
  const context = contextOf()
  const request = fc.record(
    {
      uid: fc.oneof(fc.string(), fc.jsonValue()),
      kind: fc.oneof(
        fc.constantFrom(
          { group: 'hco.kubevirt.io', version: 'v1', kind: 'HyperConverged' },
          { group: 'hco.kubevirt.io', version: 'v1beta1', kind: 'HyperConverged' },
          { group: 'migrations.kubevirt.io', version: 'v1alpha1', kind: 'MigrationPolicy' },
        ),
        fc.jsonValue(),
      ),
      operation: fc.oneof(fc.constantFrom('CREATE', 'UPDATE', 'DELETE', 'CONNECT'), fc.jsonValue()),
      userInfo: fc.oneof(fc.constant({ username: 'u' }), fc.jsonValue()),
      object: fc.oneof(
        fc.dictionary(fc.constantFrom('apiVersion', 'metadata', 'spec', 'status'), fc.jsonValue()),
        fc.jsonValue(),
      ),
      oldObject: fc.oneof(
        fc.dictionary(fc.constantFrom('apiVersion', 'metadata', 'spec', 'status'), fc.jsonValue()),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: [] },
  )
  const review = fc.record({
    apiVersion: fc.constantFrom('admission.k8s.io/v1', 'admission.k8s.io/v1beta1', 'v1'),
    kind: fc.constantFrom('AdmissionReview', 'AdmissionReview', 'x'),
    request: fc.oneof({ weight: 9, arbitrary: request }, { weight: 1, arbitrary: fc.jsonValue() }),
  })
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), review), fc.constantFrom(...WEBHOOKS), (value, webhook) =>
      check(webhook, value, context),
    ),
    { numRuns: 2000 },
  )
  t.end()
})

const directory = new URL('../fixtures/admission-reviews/', import.meta.url)
const recorded = globSync('*/*.json', { cwd: directory.pathname }).map(name =>
  recordedReview(name.replace('.json', '')),
)
type Path = readonly (string | number)[]
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]))]
}
const places = recorded.map(review => pathsIn(review))

/** Deletes what is at a path, or puts something else there; paths that are gone already are passed over. */
function mutate(review: unknown, changes: readonly (readonly [Path, unknown])[]): unknown {
  const root = { review: structuredClone(review) }
  for (const [path, value] of changes) {
    const keys = ['review', ...path]
    const last = String(keys.pop())
    let node: unknown = root
    for (const key of keys)
      node = isObject(node) || Array.isArray(node) ? (node as Values)[key] : undefined
    if (!isObject(node) && !Array.isArray(node)) continue
    if (value === undefined) delete (node as Record<string, unknown>)[last]
    else (node as Record<string, unknown>)[last] = structuredClone(value)
  }
  return root.review
}

t.test('a recorded review with anything missing or replaced gets an answer', t => {
  const context = contextOf({ approvals: approving(...RULE_IDS) })
  const instead = fc.oneof(
    { weight: 2, arbitrary: fc.constant(undefined) },
    { weight: 2, arbitrary: fc.constantFrom<unknown>(null, [], {}, '', 'x', 0, -1, 1e308, true) },
    { weight: 3, arbitrary: fc.jsonValue() },
  )
  const change = fc.tuple(fc.nat(), instead)
  fc.assert(
    fc.property(
      fc.nat({ max: recorded.length - 1 }),
      fc.array(change, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...WEBHOOKS),
      (index, changes, webhook) => {
        const paths = places[index] ?? []
        const at = changes.map(
          ([place, value]) => [paths[place % paths.length] ?? [], value] as const,
        )
        check(webhook, mutate(recorded[index], at), context)
      },
    ),
    { numRuns: 2000 },
  )
  t.end()
})

t.test('settings and annotations of every shape get an answer', t => {
  fc.assert(
    fc.property(
      anyCase,
      fc.constantFrom(...WEBHOOKS),
      fc.dictionary(fc.string(), fc.string()),
      ({ request, context }, webhook, texts) => {
        const object = withAnnotations(request.object ?? {}, {
          ...annotationsOf(request.object),
          ...Object.fromEntries(
            Object.entries(texts).map(([key, text]) => [
              `exception.migration-guard.io/${key}`,
              text,
            ]),
          ),
        })
        check(webhook, reviewOf({ ...request, object }), context)
      },
    ),
    RUNS,
  )
  t.end()
})

function reviewOf(request: AdmissionRequest): unknown {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request }
}

t.test('an object nested as deep as JSON goes gets an answer', t => {
  const deep = (depth: number, open: string, close: string) =>
    JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`)
  const object = (value: unknown) => ({
    ...stored('1.20'),
    spec: { ...(stored('1.20').spec as Values), x: value },
  })
  for (const depth of [100, 10_000, 100_000])
    for (const webhook of WEBHOOKS)
      for (const value of [deep(depth, '{"a":', '}'), deep(depth, '[', ']')]) {
        const update = requestOf('UPDATE', object(value), object(1))
        const same = requestOf('UPDATE', object(value), object(deep(depth, '{"a":', '}')))
        const settings = requestOf('CREATE', stored('1.20', { network: value }))
        for (const request of [update, same, settings])
          t.doesNotThrow(() => decide(webhook, request, contextOf()), `${webhook}, ${depth} levels`)
      }
  t.end()
})
