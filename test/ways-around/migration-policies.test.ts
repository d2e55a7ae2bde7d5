// Post copy by a MigrationPolicy, which outweighs the settings of the cluster for the VMs it selects.
import {
  CRITICAL,
  hco,
  noWayAround,
  POST_COPY,
  STOCK,
  selecting,
  staysOpen,
  UNSTABLE,
} from '../support/attempt.ts'
import { factsOf, migrationPolicy, NAMESPACE, network } from '../support/review.ts'

const narrow = selecting('fast', { app: 'db' }, { allowPostCopy: true })
const besideNarrow = { facts: factsOf([hco(STOCK, UNSTABLE), narrow]) }

noWayAround({
  'post copy that a MigrationPolicy alone makes effective': [
    'post-copy-unstable-network',
    {
      object: migrationPolicy('fast', { selectors: {}, allowPostCopy: true }),
      context: { facts: factsOf([hco(STOCK, UNSTABLE)]) },
    },
  ],
  'post copy by a MigrationPolicy that matches nobody yet': [
    'post-copy-unstable-network',
    {
      object: migrationPolicy('later', {
        selectors: { virtualMachineInstanceSelector: { nobody: 'yet' } },
        allowPostCopy: true,
      }),
      context: { facts: factsOf([hco(STOCK, UNSTABLE)]) },
    },
  ],
  'post copy by a MigrationPolicy without selectors': [
    'post-copy-unstable-network',
    {
      object: migrationPolicy('later', { allowPostCopy: true }),
      context: { facts: factsOf([hco(STOCK, UNSTABLE)]) },
    },
  ],
  'post copy allowed by the cluster and completed by a MigrationPolicy': [
    'post-copy-unstable-network',
    {
      object: migrationPolicy('half', { selectors: {}, allowWorkloadDisruption: true }),
      context: { facts: factsOf([hco({ ...STOCK, allowPostCopy: true }, UNSTABLE)]) },
    },
  ],
  'a timeout of 0 in the cluster, overridden by a MigrationPolicy': [
    'post-copy-unstable-network',
    {
      old: migrationPolicy('slow', { selectors: {} }),
      object: migrationPolicy('slow', { selectors: {}, completionTimeoutPerGiB: 10 }),
      context: { facts: factsOf([hco({ ...POST_COPY, completionTimeoutPerGiB: 0 }, UNSTABLE)]) },
    },
  ],
  'the HyperConverged changed so that an existing MigrationPolicy becomes unsafe': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, network: 'good' }),
      object: hco({ ...STOCK, network: 'shaky' }),
      context: {
        facts: factsOf([
          network('good'),
          network('shaky', 'unstable'),
          migrationPolicy('fast', { selectors: {}, allowPostCopy: true }),
        ]),
      },
    },
  ],
  'a MigrationPolicy that violates already, for more VMs': [
    'post-copy-unstable-network',
    { old: narrow, object: selecting('fast', {}, { allowPostCopy: true }), context: besideNarrow },
  ],
  'a MigrationPolicy that violates already, closer to VMs that another protects': [
    'post-copy-unstable-network',
    {
      old: narrow,
      object: selecting('fast', { app: 'db', tier: 'gold' }, { allowPostCopy: true }),
      context: {
        facts: factsOf([
          hco(STOCK, UNSTABLE),
          narrow,
          selecting('a-gold', { tier: 'gold' }, { allowPostCopy: false }),
        ]),
      },
    },
  ],
  'a second HyperConverged that declares nothing': [
    'post-copy-unstable-network',
    {
      object: narrow,
      context: {
        facts: factsOf([
          hco(STOCK, UNSTABLE),
          { ...hco(STOCK), metadata: { name: 'decoy', namespace: NAMESPACE } },
        ]),
      },
    },
  ],
  'post copy for every VM by a policy where critical data is declared': [
    'post-copy-critical-data',
    {
      object: selecting('all', {}, { allowPostCopy: true }),
      context: { facts: factsOf([hco(STOCK, CRITICAL)]) },
    },
  ],
  'a policy that keeps post copy on when the cluster settings are switched off': [
    'post-copy-unstable-network',
    {
      object: selecting('stays', {}, { allowPostCopy: true }),
      context: { facts: factsOf([hco(POST_COPY, UNSTABLE)]) },
    },
  ],
  'a policy without a word on post copy that gets one where the cluster has it': [
    'post-copy-unstable-network',
    {
      old: selecting('stays', {}, {}),
      object: selecting('stays', {}, { allowPostCopy: true }),
      context: { facts: factsOf([hco(POST_COPY, UNSTABLE), selecting('stays', {}, {})]) },
    },
  ],
})

staysOpen({
  'a label on a MigrationPolicy that violates already': {
    old: narrow,
    object: { ...narrow, metadata: { name: 'fast', labels: { a: 'b' } } },
    context: besideNarrow,
  },
  'a policy without a word on post copy where the cluster has it already': {
    object: selecting('slow', { app: 'web' }, { bandwidthPerMigration: '64Mi' }),
    context: { facts: factsOf([hco(POST_COPY, UNSTABLE)]) },
  },
  'a policy with post copy that selects fewer VMs than before': {
    old: narrow,
    object: selecting('fast', { app: 'db', tier: 'gold' }, { allowPostCopy: true }),
    context: besideNarrow,
  },
  'post copy for some VMs by a policy where critical data is declared': {
    object: selecting('batch', { app: 'batch' }, { allowPostCopy: true }),
    context: { facts: factsOf([hco(STOCK, CRITICAL)]) },
  },
  'a policy with post copy turned to other VMs than those that another spares': {
    old: selecting('x', {}, { allowPostCopy: true }),
    object: selecting('x', { tier: 'bronze', app: 'web' }, { allowPostCopy: true }),
    context: {
      facts: factsOf([
        hco(STOCK, UNSTABLE),
        selecting('x', {}, { allowPostCopy: true }),
        selecting('p', { tier: 'gold' }, { allowPostCopy: false }),
      ]),
    },
  },
  'a policy with post copy that selects nothing any more': {
    old: narrow,
    object: selecting('fast', undefined, { allowPostCopy: true }),
    context: besideNarrow,
  },
})
