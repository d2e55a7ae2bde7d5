// The unstable network by another way, or under another name.
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { hco, noWayAround, POST_COPY, STOCK, UNSTABLE } from '../support/attempt.ts'
import { factsOf, NAMESPACE, network } from '../support/review.ts'

const onNetwork = (name: string) => ({
  old: hco({ ...POST_COPY, network: 'good' }),
  object: hco({ ...POST_COPY, network: name }),
  context: {
    facts: factsOf([
      network('good', 'stable'),
      network('shaky', 'unstable'),
      network('shaky', 'unstable', 'other'),
    ]),
  },
})

noWayAround({
  'post copy on while the flag of the pod network stands': [
    'post-copy-unstable-network',
    { old: hco(STOCK, UNSTABLE), object: hco(POST_COPY, UNSTABLE) },
  ],
  'post copy that was on, moved to an unstable network': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, network: 'good' }),
      object: hco({ ...POST_COPY, network: 'shaky' }),
      context: { facts: factsOf([network('good', 'stable'), network('shaky', 'unstable')]) },
    },
  ],
  'the dedicated network removed, so that the unstable pod network is used': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, network: 'good' }, UNSTABLE),
      object: hco(POST_COPY, UNSTABLE),
      context: { facts: factsOf([network('good')]) },
    },
  ],
  'the unstable network by its long name': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK),
      object: hco({ ...POST_COPY, network: `${NAMESPACE}/shaky` }),
      context: { facts: factsOf([network('shaky', 'unstable')]) },
    },
  ],
  'the short name of a network that the policy flags by its long name': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK),
      object: hco({ ...POST_COPY, network: 'shaky' }),
      context: {
        policy: {
          ...DEFAULT_POLICY,
          networks: { podNetwork: null, unstable: [`${NAMESPACE}/shaky`] },
        },
      },
    },
  ],
  'the unstable network with an interface name behind it': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK),
      object: hco({ ...POST_COPY, network: 'shaky@eth1' }),
      context: { facts: factsOf([network('shaky', 'unstable')]) },
    },
  ],
  'an unstable network among others': ['post-copy-unstable-network', onNetwork('good,shaky')],
  'an unstable network in blanks': ['post-copy-unstable-network', onNetwork(' shaky ')],
  'an unstable network before a line end': ['post-copy-unstable-network', onNetwork('shaky\n')],
  'an unstable network with a letter of another alphabet': [
    'network-invalid',
    onNetwork('sh\u0430ky'),
  ],
  'an unstable network as JSON': ['network-invalid', onNetwork('[{"name":"shaky"}]')],
  'the unstable network of the same name in another namespace': [
    'post-copy-unstable-network',
    onNetwork('other/shaky'),
  ],
  'the name that stands for the pod network': ['network-invalid', onNetwork('(pod network)')],
})
