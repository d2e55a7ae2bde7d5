import { isNetworkReference } from '../facts/migration-network.ts'
import type { Rule } from './rule.ts'

export const networkInvalid: Rule = {
  id: 'network-invalid',
  title: 'The migration network is not a name',
  enforcement: 'deny',
  trips:
    '`network` is empty, or not `[namespace/]name` in lower-case letters, digits and `-`: Multus takes no dot there',
  rationale:
    'The text is copied into the Multus annotation of virt-handler as `<network>@migration0`. A comma or an @ in it means something else there, and a dot, which a NetworkAttachmentDefinition may have in its name, is refused: virt-handler gets other networks, or does not start, on every node.',
  source:
    'kubevirt pkg/virt-operator/resource/generate/components/daemonsets.go; multus-cni pkg/k8sclient/k8sclient.go, parsePodNetworkObjectName',
  remedy: 'Name one NetworkAttachmentDefinition, or remove the setting to use the pod network.',
  waivable: true,
  kinds: ['HyperConverged'],
  check: ({ settings: { network }, field }) =>
    network === undefined || isNetworkReference(network)
      ? []
      : [
          {
            field: field('network'),
            setting: 'network',
            value: network,
            message: messageOf(network),
            consequence: 'virt-handler would not come up with it, on any node.',
            fix: `name ${hasDots(network) ? 'a NetworkAttachmentDefinition without "." in its name' : 'one NetworkAttachmentDefinition'}, or remove network to use the pod network`,
            identity: network,
            bound: null,
          },
        ],
}

function messageOf(network: string): string {
  if (network === '') return 'the name is empty.'
  return hasDots(network)
    ? 'Multus reads no "." in the form in which KubeVirt names a migration network.'
    : 'that is not [namespace/]name in lower-case letters, digits and "-".'
}

// True where nothing else is wrong with it: it may well be the name of one that exists.
function hasDots(network: string): boolean {
  return isNetworkReference(network.replace(/\.(?=[^/]*$)/g, '-'))
}
