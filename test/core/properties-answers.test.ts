// Whatever comes over the wire, there is an answer that an API server accepts.
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
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { anyCase } from '../support/arbitraries.ts'
import { contextOf, NOW, recordedReview } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import {
  annotationsOf,
  approving,
  requestOf,
  type Values,
  withAnnotations,
} from '../support/review.ts'

const RUNS = { numRuns: 1000 }
const WEBHOOKS: readonly Webhook[] = ['validate', 'advise', 'mutate']
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

function reviewOf(request: AdmissionRequest): unknown {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request }
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

t.test('an object nested as deep as JSON goes gets an answer', t => {
  const deep = (depth: number, open: string, close: string) =>
    JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`)
  const object = (value: unknown) => ({
    ...stored('1.20'),
    spec: { ...(stored('1.20').spec as Values), x: value },
  })
  const managedBy = (value: unknown) =>
    stored('1.20', {}, {}, 'v1', {
      managedFields: [{ operation: 'Apply', fieldsV1: { 'f:spec': value } }],
    })
  for (const depth of [100, 10_000, 100_000])
    for (const webhook of WEBHOOKS)
      for (const value of [deep(depth, '{"a":', '}'), deep(depth, '[', ']')]) {
        const update = requestOf('UPDATE', object(value), object(1))
        const same = requestOf('UPDATE', object(value), object(deep(depth, '{"a":', '}')))
        const settings = requestOf('CREATE', stored('1.20', { network: value }))
        const managed = requestOf(
          'UPDATE',
          managedBy(value),
          stored('1.20', { progressTimeout: 7 }, {}, 'v1', { managedFields: [{ x: value }] }),
        )
        for (const request of [update, same, settings, managed])
          t.doesNotThrow(() => decide(webhook, request, contextOf()), `${webhook}, ${depth} levels`)
      }
  t.end()
})
