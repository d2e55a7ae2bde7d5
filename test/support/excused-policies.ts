// MigrationPolicies over a critical VM, with the exceptions that excuse them or the cluster settings.
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import { type Attempt, CRITICAL, exception, POST_COPY } from './attempt.ts'
import { factsOf, migrationPolicy, network, type Texts, type Values, vmi } from './review.ts'

export const INERT = { ...POST_COPY, allowWorkloadDisruption: false }
export const POD = '(pod network)'
export const NETWORK_RULE = 'post-copy-unstable-network'
export const DATA_RULE = 'post-copy-critical-data'

/** The annotation of an exception to a rule, with this bound or none. */
export const excuse = (rule: RuleId, bound?: Values, changes: Values = {}): Texts =>
  exception(rule, { ...(bound && { bound }), ...changes })
export const onPod = { network: POD }
export const forFast = { policy: 'fast', network: POD }

export const pg = vmi('pg', { app: 'db', ...CRITICAL })
/** A MigrationPolicy for the VMs with app: db, of which one is critical. */
export const ofDb = (name: string, spec: Values, annotations: Texts = {}) =>
  migrationPolicy(
    name,
    { selectors: { virtualMachineInstanceSelector: { app: 'db' } }, ...spec },
    annotations,
  )
export const fast = (annotations: Texts = {}) => ofDb('fast', { allowPostCopy: true }, annotations)
export const ahead = ofDb('a-fast', { allowPostCopy: true })
export const behind = ofDb('y-fast', { allowPostCopy: true })
export const half = ofDb('half', { allowWorkloadDisruption: true })
export const slow = ofDb('slow', { bandwidthPerMigration: '64Mi' })

export const patch = (name: string, value: unknown): Texts => ({
  'kubevirt.kubevirt.io/jsonpatch': JSON.stringify([
    { op: 'add', path: `/spec/configuration/migrations/${name}`, value },
  ]),
})
/** What JSON readers do not agree on. */
export const TWICE =
  '[{"op":"add","path":"/spec/configuration/migrations","value":{"allowPostCopy":false,"allowPostCopy":true}}]'
export const LONGER = { expires: '2026-12-10' }
export const WARNED = {
  policy: { ...DEFAULT_POLICY, enforcement: { 'exception-unauthorised': 'warn' } },
} as const
export const overCalm = patch('network', 'calm')

/** A step on a cluster. */
export type Step = Attempt & {
  /** What is on the cluster besides. */
  readonly beside?: readonly JsonObject[]
}

/** The attempt on a cluster with one unstable and one stable network. */
export function among({ beside = [], context, ...step }: Step): Attempt {
  const known = [network('worn', 'unstable'), network('calm', 'stable'), ...beside]
  return { ...step, context: { facts: factsOf(known), ...context } }
}
