import { isNetworkReference } from '../facts/migration-network.ts'
import type { Rule } from './rule.ts'

export const networkInvalid: Rule = {
  id: 'network-invalid',
  title: 'The migration network is not a name',
  enforcement: 'deny',
  trips: '`network` is empty, or not `[namespace/]name` of RFC 1123 names',
  rationale:
    'The text is copied into the Multus annotation of virt-handler as `<network>@migration0`. A comma or an @ in it means something else there: virt-handler gets other networks, or does not start, on every node.',
  source: 'kubevirt pkg/virt-operator/resource/generate/components/daemonsets.go',
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
            message:
              network === ''
                ? 'the name is empty.'
                : 'that is not [namespace/]name in lower-case letters, digits, "-" and ".".',
            consequence: 'virt-handler would not come up with it, on any node.',
            fix: 'name one NetworkAttachmentDefinition, or remove network to use the pod network',
            identity: network,
            bound: null,
          },
        ],
}
