// Exceptions as docs/exceptions.md has them: with and without a bound, of all widths, for a day or for weeks.
import fc from 'fast-check'
import type { Texts } from '../../support/review.ts'
import {
  CLUSTER_SETTINGS,
  DATA_RULE,
  EXCEPTION,
  NETWORK_RULE,
  PARALLEL_RULE,
  POD_NETWORK,
  type RuleName,
} from './cluster-model.ts'
import type { Bound } from './covered.ts'

export const NAMES = ['a', 'm', 'z']
const NETWORKS = [POD_NETWORK, 'worn', 'calm']
const EVERY = [...NAMES, CLUSTER_SETTINGS]

const EXPIRY = fc.constantFrom('2026-12-15', '2026-12-15', '2026-11-24')
const ANY_BOUND: readonly (Bound | undefined)[] = [
  undefined,
  { network: NETWORKS },
  { network: POD_NETWORK },
  { network: NETWORKS, policy: EVERY },
  { network: NETWORKS, policy: CLUSTER_SETTINGS },
  { network: NETWORKS, policy: 'm' },
  { network: POD_NETWORK, policy: ['a', 'm'] },
  { network: POD_NETWORK, policy: 'a' },
  { network: ['worn', 'calm'], policy: 'z' },
]
/** Bounds that fit the settings of the HyperConverged, or the policy of that name. */
const boundFor = (name: string): readonly (Bound | undefined)[] => [
  undefined,
  undefined,
  { network: POD_NETWORK, policy: name },
  { network: NETWORKS, policy: name },
  { network: NETWORKS, policy: EVERY },
  ...(name === CLUSTER_SETTINGS
    ? [
        { network: NETWORKS, policy: [CLUSTER_SETTINGS, 'm'] },
        { network: POD_NETWORK },
        { network: NETWORKS },
      ]
    : []),
]

const exceptionFrom = (rule: RuleName, bounds: readonly (Bound | undefined)[]) =>
  fc
    .record({ bound: fc.constantFrom(...bounds), expires: EXPIRY })
    .map(exception => exceptionTo(rule, exception))
export const anyException = fc
  .constantFrom<RuleName>(NETWORK_RULE, DATA_RULE)
  .chain(rule => exceptionFrom(rule, ANY_BOUND))
export const fitting = (name: string) =>
  fc
    .tuple(exceptionFrom(NETWORK_RULE, boundFor(name)), exceptionFrom(DATA_RULE, boundFor(name)))
    .map(both => merge(both))
export const parallelException = exceptionFrom(PARALLEL_RULE, [
  undefined,
  { parallelMigrationsPerCluster: 15 },
])
export const noException = fc.constant<Texts>({})

export const merge = (texts: readonly Texts[]): Texts => Object.assign({}, ...texts)

function exceptionTo(
  rule: RuleName,
  exception: { bound: Bound | undefined; expires: string },
): Texts {
  const text = JSON.stringify({ reason: 'evacuation of rack 7', ...exception })
  return { [EXCEPTION + rule]: text }
}
