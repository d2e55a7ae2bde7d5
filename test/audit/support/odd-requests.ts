// Requests that are rare, or that no API server would send.
import fc from 'fast-check'
import type { AdmissionRequest } from '../../../src/core/admission-review.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import { setAt } from '../../../src/core/filling/patch.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import type { Enforcement, Policy } from '../../../src/core/policy.ts'
import { RULE_IDS } from '../../../src/core/rules/rule-ids.ts'
import { approving } from '../../support/review.ts'

const CLAIMS = ['migration-guard.io/filled', 'migration-guard.io/pinned', 'other']
const claiming = (names: readonly string[]) => [
  {
    manager: 'kubectl',
    operation: 'Apply',
    time: '2026-11-23T08:00:01Z',
    fieldsV1: {
      'f:metadata': { 'f:annotations': Object.fromEntries(names.map(name => [`f:${name}`, {}])) },
    },
  },
]
const block = [undefined, null, 'x', {}, { progressTimeout: 151 }]
/** What of an object a record could be thought to leave out, by its place. */
const ODD: readonly (readonly [path: readonly string[], values: readonly unknown[]])[] = [
  [['apiVersion'], ['hco.kubevirt.io/v1', 'hco.kubevirt.io/v1beta1', 'hco.kubevirt.io/v2', 7]],
  [['metadata'], [undefined, null, 'x', {}]],
  [
    ['metadata', 'annotations'],
    [undefined, null, 'x', {}, { other: '1' }],
  ],
  [
    ['metadata', 'deletionTimestamp'],
    ['2026-11-23T08:00:00Z', '', null],
  ],
  [
    ['metadata', 'managedFields'],
    [undefined, 'x', [null, {}], ...CLAIMS.map(name => claiming([name])), claiming(CLAIMS)],
  ],
  [['spec'], [undefined, null, 'x', [], {}]],
  [
    ['spec', 'virtualization'],
    [undefined, null, 'x', {}],
  ],
  [
    ['spec', 'featureGates'],
    [{}, { x: true }],
  ],
  [['spec', 'liveMigrationConfig'], block],
  [['spec', 'virtualization', 'liveMigrationConfig'], block],
  [
    ['status', 'versions'],
    ['1.4', '1.17.3', '1.20.0', '4.21', 'soon'].map(version => [{ name: 'operator', version }]),
  ],
]
type Oddity = {
  readonly path: readonly string[]
  readonly value: unknown
  readonly sides: readonly ('object' | 'oldObject')[]
}
const oddity: fc.Arbitrary<Oddity> = fc.constantFrom(...ODD).chain(([path, values]) =>
  fc.record({
    path: fc.constant(path),
    value: fc.constantFrom(...values),
    sides: fc.subarray(['object', 'oldObject'] as const, { minLength: 1 }),
  }),
)
/** Changes that a real object hardly ever has. */
export const oddities = fc.array(oddity, { maxLength: 4 })

/** The request with these changes in its objects. */
export function withOddities(
  request: AdmissionRequest,
  changes: readonly Oddity[],
): AdmissionRequest {
  const result = { ...request }
  for (const { path, value, sides } of changes)
    for (const side of sides)
      if (result[side] !== null) result[side] = setAt(result[side], path, value) as JsonObject
  return result
}

const OPERATOR = {
  username: 'system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator',
  uid: '',
  groups: [],
  extra: { 'authentication.kubernetes.io/pod-name': ['hco-1'] },
}
/** Policy, author, door and moment. */
export const around = fc.record({
  filling: fc.constantFrom<Policy['filling']>('fill', 'fill', 'fill', 'suggest', 'off'),
  onExpiry: fc.constantFrom<'warn' | 'deny'>('warn', 'deny'),
  enforcement: fc.dictionary(
    fc.constantFrom(...RULE_IDS),
    fc.constantFrom<Enforcement>('deny', 'warn', 'audit', 'off'),
    { maxKeys: 4 },
  ),
  userInfo: fc.constantFrom(undefined, undefined, undefined, OPERATOR),
  subResource: fc.constantFrom('', '', '', '', 'status'),
  operation: fc.constantFrom(undefined, undefined, undefined, 'DELETE', 'CONNECT'),
  age: fc.constantFrom(0, 400_000),
  granted: fc.subarray([...RULE_IDS]),
})
type Around = typeof around extends fc.Arbitrary<infer Value> ? Value : never

/** The request and its context, as they are then. */
export function surrounded(
  request: AdmissionRequest,
  context: DecisionContext,
  circumstances: Around,
) {
  const { filling, onExpiry, enforcement, userInfo, subResource, operation, age, granted } =
    circumstances
  const { policy, facts } = context
  const exceptions = { ...policy.exceptions, onExpiry }
  const asked: AdmissionRequest = {
    ...request,
    subResource,
    ...(userInfo && { userInfo }),
    ...(operation === 'CONNECT' && { operation }),
    ...(operation === 'DELETE' && { operation, oldObject: request.object, object: null }),
  }
  const known: DecisionContext = {
    ...context,
    policy: { ...policy, filling, enforcement, exceptions },
    facts: { ...facts, asOf: facts.asOf === null ? null : facts.asOf - age },
    approvals: approving(...granted),
  }
  return { asked, known }
}
