import { isNetworkReference } from '../facts/migration-network.ts'
import type { Rule } from './rule.ts'

export const networkMissing: Rule = {
  id: 'network-missing',
  title: 'The migration network does not exist',
  enforcement: 'deny',
  trips:
    '`network` is set or changed to a NetworkAttachmentDefinition that does not exist; warns where that cannot be known (no Multus, no cluster, not synced)',
  rationale:
    'virt-handler restarts with the new network on every node. Without the NetworkAttachmentDefinition its pods do not start, and no VM on the cluster can be managed.',
  source:
    'kubevirt pkg/virt-operator/resource/generate/components/daemonsets.go; kubevirt issue 9075',
  remedy: 'Create the NetworkAttachmentDefinition first.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings, network, field, facts }) => {
    if (settings.network === undefined || !isNetworkReference(settings.network)) return []
    if (network.existence === 'exists') return []
    const missing = network.existence === 'missing'
    return [
      {
        field: field('network'),
        setting: 'network',
        value: settings.network,
        message: missing
          ? `there is no NetworkAttachmentDefinition ${network.name}.`
          : `whether NetworkAttachmentDefinition ${network.name} exists could not be checked: ${UNKNOWN[facts.networks === 'missing' ? 'missing' : 'unknown']}.`,
        consequence:
          'virt-handler restarts with the network and does not come up without it, on any node.',
        fix: missing
          ? `create ${network.name} first, or correct the name`
          : `make sure that ${network.name} exists on the cluster`,
        identity: network.name,
        ...(missing ? {} : { atMost: 'warn' }),
        bound: { network: network.name },
      },
    ]
  },
}

const UNKNOWN = {
  missing: 'the cluster has no NetworkAttachmentDefinitions at all (Multus is not installed)',
  unknown: 'no list of them is at hand',
} as const
