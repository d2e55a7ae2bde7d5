import { NETWORK_STABILITY, word } from '../annotations.ts'
import type { Policy } from '../policy.ts'
import type { ClusterFacts } from './cluster-facts.ts'
import { LABEL } from './dns-name.ts'

/** The network over which migrations run, with what is known of it. */
export type MigrationNetwork = {
  /** `namespace/name`, or the pod network when none is set. */
  readonly name: string
  /** Where the unstable flag stands, in words; null where it is not flagged. */
  readonly unstable: string | null
  readonly existence: 'exists' | 'missing' | 'unknown'
}

/** The name under which exceptions and messages speak of migrations without a dedicated network. */
export const POD_NETWORK = '(pod network)'

/**
 * `[namespace/]name` as Multus takes it in the short form that virt-handler's annotation has: a NetworkAttachmentDefinition
 * may have dots in its name, but there Multus refuses them (multus-cni pkg/k8sclient, parsePodNetworkObjectName).
 */
export const NETWORK_REFERENCE = `(?:${LABEL}/)?[a-z0-9](?:[-a-z0-9]{0,251}[a-z0-9])?`

const NETWORK = new RegExp(`^${NETWORK_REFERENCE}$`)

/** True for `[namespace/]name` with which virt-handler comes up, if there is such a network. */
export function isNetworkReference(text: string): boolean {
  return NETWORK.test(text)
}

/** `namespace/name`, with the given namespace where the reference has none. */
export function qualify(reference: string, namespace: string): string {
  return reference.includes('/') ? reference : `${namespace}/${reference}`
}

// Far beyond what Kubernetes lets an annotation of virt-handler name.
const LONGEST = 16_384

/** Finds the migration network of the settings and whether it is flagged unstable; unstable wins over stable. */
export function findNetwork(
  network: string | undefined,
  annotations: Readonly<Record<string, string>>,
  policy: Policy,
  facts: ClusterFacts,
  namespace: string,
): MigrationNetwork {
  if (network === undefined || network === '')
    return { name: POD_NETWORK, unstable: podNetworkFlag(annotations, policy), existence: 'exists' }
  // Multus splits at `,` and takes what follows `@` for an interface name: an invalid value still reaches real networks.
  const names = network
    .slice(0, LONGEST)
    .split(',')
    .map(part => qualify(part.split('@')[0]?.trim() ?? '', namespace))
  const unstable = names
    .map(name => networkFlag(name, policy, facts, namespace))
    .find(flag => flag !== null)
  const name = qualify(network, namespace)
  return { name, unstable: unstable ?? null, existence: existenceOf(name, facts) }
}

function podNetworkFlag(annotations: Readonly<Record<string, string>>, policy: Policy) {
  if (word(annotations[NETWORK_STABILITY]) === 'unstable')
    return `annotation ${NETWORK_STABILITY} on the HyperConverged`
  return policy.networks.podNetwork === 'unstable' ? "the policy's networks.podNetwork" : null
}

function networkFlag(name: string, policy: Policy, facts: ClusterFacts, namespace: string) {
  if (policy.networks.unstable.some(entry => qualify(entry, namespace) === name))
    return "the policy's networks.unstable"
  if (typeof facts.networks === 'string') return null
  return facts.networks.get(name) === 'unstable'
    ? `${NETWORK_STABILITY} on the NetworkAttachmentDefinition`
    : null
}

function existenceOf(
  name: string,
  { networks, someNetworks }: ClusterFacts,
): MigrationNetwork['existence'] {
  if (typeof networks === 'string') return 'unknown'
  if (networks.has(name)) return 'exists'
  return someNetworks === true ? 'unknown' : 'missing'
}
