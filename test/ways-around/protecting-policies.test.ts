// A MigrationPolicy that keeps post copy from VMs, deleted, narrowed, turned round or outdone.
import type { RuleId } from '../../src/core/rules/rule-ids.ts'
import {
  CRITICAL,
  exception,
  hco,
  noWayAround,
  POST_COPY,
  STOCK,
  selecting,
  staysOpen,
  UNSTABLE,
} from '../support/attempt.ts'
import { factsOf, migrationPolicy, type Values, vmi } from '../support/review.ts'

const critical = vmi('pg', { app: 'db', 'migration-guard.io/data': 'critical' })
const protector = selecting('protect', { app: 'db' }, { allowPostCopy: false })
const leaving = {
  ...protector,
  metadata: {
    name: 'protect',
    deletionTimestamp: '2026-11-23T11:00:00Z',
    finalizers: ['example.com/stay'],
  },
}
const narrow = selecting('fast', { app: 'db' }, { allowPostCopy: true })
const boundTo = (rule: RuleId, policy: string) =>
  exception(rule, { bound: { network: '(pod network)', policy } })
const excused = migrationPolicy(
  'x',
  { selectors: { virtualMachineInstanceSelector: { app: 'db' } }, allowPostCopy: true },
  boundTo('post-copy-critical-data', 'x'),
)

noWayAround({
  'a MigrationPolicy deleted that protects a critical VM': [
    'post-copy-critical-data',
    {
      operation: 'DELETE',
      object: null,
      old: migrationPolicy('protect', {
        selectors: { virtualMachineInstanceSelector: { app: 'db' } },
        allowPostCopy: false,
      }),
      context: {
        facts: factsOf([
          hco(POST_COPY),
          vmi('pg', { app: 'db', 'migration-guard.io/data': 'critical' }),
          migrationPolicy('protect', {
            selectors: { virtualMachineInstanceSelector: { app: 'db' } },
            allowPostCopy: false,
          }),
        ]),
      },
    },
  ],
  'a MigrationPolicy that outdoes the protecting one': [
    'post-copy-critical-data',
    {
      object: migrationPolicy('outdo', {
        selectors: {
          virtualMachineInstanceSelector: { app: 'db' },
          namespaceSelector: { team: 'a' },
        },
        allowPostCopy: true,
      }),
      context: {
        facts: factsOf([
          hco(STOCK),
          { kind: 'Namespace', metadata: { name: 'db', labels: { team: 'a' } } },
          vmi('pg', { app: 'db', 'migration-guard.io/data': 'critical' }),
          migrationPolicy('protect', {
            selectors: { virtualMachineInstanceSelector: { app: 'db' } },
            allowPostCopy: false,
          }),
        ]),
      },
    },
  ],
  'a MigrationPolicy deleted that spares VMs on an unstable network': [
    'post-copy-unstable-network',
    {
      operation: 'DELETE',
      object: null,
      old: migrationPolicy('spare', { selectors: {}, allowPostCopy: false }),
      context: {
        facts: factsOf([
          hco(POST_COPY, UNSTABLE),
          migrationPolicy('spare', { selectors: {}, allowPostCopy: false }),
        ]),
      },
    },
  ],
  'post copy while the policy that protects a critical VM is only kept by a finalizer': [
    'post-copy-critical-data',
    {
      old: hco(STOCK),
      object: hco(POST_COPY),
      context: { facts: factsOf([critical, leaving]) },
    },
  ],
  'a policy turned round while its deletion is held up': [
    'post-copy-critical-data',
    {
      old: leaving,
      object: { ...leaving, spec: { ...(protector.spec as Values), allowPostCopy: true } },
      context: { facts: factsOf([hco(STOCK), critical, leaving]) },
    },
  ],
  'a policy of a lower name beside the one that protects': [
    'post-copy-critical-data',
    {
      object: selecting('a', { app: 'db' }, {}),
      context: { facts: factsOf([hco(POST_COPY), critical, protector]) },
    },
  ],
  'a policy that spared every VM on an unstable network narrowed to some': [
    'post-copy-unstable-network',
    {
      old: selecting('spare', {}, { allowPostCopy: false }),
      object: selecting('spare', { nobody: 'yet' }, { allowPostCopy: false }),
      context: {
        facts: factsOf([
          hco(POST_COPY, UNSTABLE),
          selecting('spare', {}, { allowPostCopy: false }),
        ]),
      },
    },
  ],
  'a policy that keeps post copy from VMs of another one deleted': [
    'post-copy-unstable-network',
    {
      operation: 'DELETE',
      old: selecting('a-gold', { tier: 'gold' }, { allowPostCopy: false }),
      object: null,
      context: {
        facts: factsOf([
          hco(STOCK, UNSTABLE),
          narrow,
          selecting('a-gold', { tier: 'gold' }, { allowPostCopy: false }),
        ]),
      },
    },
  ],
  'a policy that selects the node to which KubeVirt is about to migrate a critical VM': [
    'post-copy-critical-data',
    {
      object: selecting(
        'fast',
        { app: 'db', 'kubevirt.io/migrationTargetNodeName': 'worker-2' },
        { allowPostCopy: true },
      ),
      context: { facts: factsOf([hco(STOCK), critical, protector]) },
    },
  ],
  'post copy under a protector that selects the node on which the VM is today': [
    'post-copy-critical-data',
    {
      old: hco(STOCK),
      object: hco(POST_COPY),
      context: {
        facts: factsOf([
          vmi('pg', { ...CRITICAL, 'kubevirt.io/nodeName': 'n1' }),
          selecting('protect', { 'kubevirt.io/nodeName': 'n1' }, { allowPostCopy: false }),
        ]),
      },
    },
  ],
  'an excused policy deleted, so that another one wins for the critical VM': [
    'post-copy-critical-data',
    {
      operation: 'DELETE',
      old: excused,
      object: null,
      context: {
        facts: factsOf([
          hco(STOCK),
          critical,
          excused,
          selecting('y', {}, { allowPostCopy: true }),
        ]),
      },
    },
  ],
})

staysOpen({
  'a MigrationPolicy added that spares VMs on an unstable network': {
    object: migrationPolicy('spare', { selectors: {}, allowPostCopy: false }),
    context: { facts: factsOf([hco(POST_COPY, UNSTABLE)]) },
  },
  'post copy while a lasting policy protects the critical VM': {
    old: hco(STOCK),
    object: hco(POST_COPY),
    context: { facts: factsOf([critical, protector]) },
  },
  'the last finalizer off a policy that is being deleted': {
    old: leaving,
    object: { ...leaving, metadata: { ...leaving.metadata, finalizers: [] } },
    context: { facts: factsOf([hco(POST_COPY), critical, leaving]) },
  },
  'a protecting policy deleted beside one that selects the same': {
    operation: 'DELETE',
    old: selecting('spare', {}, { allowPostCopy: false }),
    object: null,
    context: {
      facts: factsOf([
        hco(POST_COPY, UNSTABLE),
        selecting('spare', {}, { allowPostCopy: false }),
        selecting('spare-v2', {}, { allowPostCopy: false }),
      ]),
    },
  },
  'a protecting MigrationPolicy deleted by the exception it carries': {
    operation: 'DELETE',
    object: null,
    old: migrationPolicy(
      'protect',
      { selectors: {}, allowPostCopy: false },
      exception('post-copy-critical-data', { bound: { network: '(pod network)' } }),
    ),
    context: {
      facts: factsOf([
        hco(POST_COPY),
        vmi('pg', { 'migration-guard.io/data': 'critical' }),
        migrationPolicy('protect', { selectors: {}, allowPostCopy: false }),
      ]),
    },
  },
})
