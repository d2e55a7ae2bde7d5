import t from 'tap'
import type { AdmissionRequest } from '../src/core/admission-review.ts'
import { decide } from '../src/core/decision.ts'
import type { DecisionContext } from '../src/core/decision-context.ts'
import type { JsonObject } from '../src/core/json.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import type { RuleId } from '../src/core/rule-ids.ts'
import { contextOf, NOW } from './support/decide.ts'
import {
  approving,
  exceptionText,
  factsOf,
  hyperConverged,
  migrationPolicy,
  NAMESPACE,
  network,
  requestOf,
  stockOf,
  type Texts,
  type Values,
  vmi,
} from './support/review.ts'

const STOCK = stockOf('1.20')
const POST_COPY = { ...STOCK, allowPostCopy: true, allowWorkloadDisruption: true }
const UNSTABLE = { 'migration-guard.io/network-stability': 'unstable' }
const CRITICAL = { 'migration-guard.io/data': 'critical' }
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const exception = (rule: string, changes?: Values): Texts => ({
  [`exception.migration-guard.io/${rule}`]: exceptionText(changes),
})
const patch = (...operations: Values[]): Texts => ({ [PATCH]: JSON.stringify(operations) })
const set = (value: unknown, path = '/spec/configuration/migrations') => ({
  op: 'add',
  path,
  value,
})

type Attempt = {
  readonly old?: JsonObject | null
  readonly object: JsonObject | null
  readonly context?: Partial<DecisionContext>
  readonly request?: Partial<AdmissionRequest>
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE'
}

function attempt({ old = null, object, context, request, operation }: Attempt) {
  const deed = operation ?? (old === null ? 'CREATE' : 'UPDATE')
  const decision = decide('validate', requestOf(deed, object, old, request), contextOf(context))
  const denied = decision.findings.filter(({ effect }) => effect === 'deny')
  return { ...decision, denied: denied.map(({ rule }) => rule) }
}

const hco = hyperConverged
const atPod = (facts: readonly JsonObject[] = []) => ({ facts: factsOf(facts) })

const BLOCKED: Readonly<Record<string, readonly [RuleId, Attempt]>> = {
  'two violations traded for one': [
    'parallel-migrations-too-high',
    {
      old: hco({
        ...STOCK,
        parallelMigrationsPerCluster: 20,
        parallelOutboundMigrationsPerNode: 9,
      }),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 21 }),
    },
  ],
  'one violation traded for another': [
    'outbound-migrations-too-high',
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      object: hco({ ...STOCK, parallelOutboundMigrationsPerNode: 3 }),
    },
  ],
  'the unstable flag removed and post copy switched on in one request': [
    'exception-unauthorised',
    { old: hco(STOCK, UNSTABLE), object: hco(POST_COPY) },
  ],
  'the unstable flag removed first, post copy to follow': [
    'exception-unauthorised',
    { old: hco(STOCK, UNSTABLE), object: hco(STOCK) },
  ],
  'the unstable flag turned into another word': [
    'exception-unauthorised',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(STOCK, { 'migration-guard.io/network-stability': 'x' }),
    },
  ],
  'the declaration of critical data taken back': [
    'exception-unauthorised',
    { old: hco(STOCK, CRITICAL), object: hco(STOCK) },
  ],
  'post copy on while the flag of the pod network stands': [
    'post-copy-unstable-network',
    { old: hco(STOCK, UNSTABLE), object: hco(POST_COPY, UNSTABLE) },
  ],
  'a stable annotation against the policy that says unstable': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK),
      object: hco(POST_COPY, { 'migration-guard.io/network-stability': 'stable' }),
      context: {
        policy: { ...DEFAULT_POLICY, networks: { podNetwork: 'unstable', unstable: [] } },
      },
    },
  ],
  'an expired exception': [
    'parallel-migrations-too-high',
    {
      old: hco(
        STOCK,
        exception('parallel-migrations-too-high', {
          expires: '2026-11-22',
          bound: { parallelMigrationsPerCluster: 30 },
        }),
      ),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high', {
          expires: '2026-11-22',
          bound: { parallelMigrationsPerCluster: 30 },
        }),
      ),
    },
  ],
  'an exception that is already expired when it is added': [
    'exception-invalid',
    {
      old: hco(STOCK),
      object: hco(STOCK, exception('parallel-migrations-too-high', { expires: '2026-11-22' })),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception that cannot be parsed': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        { 'exception.migration-guard.io/parallel-migrations-too-high': '{reason: [' },
      ),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception for years': [
    'exception-invalid',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high', { expires: '2036-01-01' }),
      ),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception nobody approved': [
    'exception-unauthorised',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
    },
  ],
  'an unapproved exception where only warnings are given for those': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
      context: {
        policy: { ...DEFAULT_POLICY, enforcement: { 'exception-unauthorised': 'off' } },
      },
    },
  ],
  'the right to approve another rule': [
    'exception-unauthorised',
    {
      old: hco(STOCK),
      object: hco(POST_COPY, { ...UNSTABLE, ...exception('post-copy-unstable-network') }),
      context: { approvals: approving('parallel-migrations-too-high') },
    },
  ],
  'an exception without bound used again for more': [
    'parallel-migrations-too-high',
    {
      old: hco(
        { ...STOCK, parallelMigrationsPerCluster: 12 },
        exception('parallel-migrations-too-high'),
      ),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
    },
  ],
  'an exception without bound used again after the value went down': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK, exception('parallel-migrations-too-high')),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 12 },
        exception('parallel-migrations-too-high'),
      ),
    },
  ],
  'an exception stretched beyond its bound': [
    'parallel-migrations-too-high',
    {
      old: hco(
        STOCK,
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 15 } }),
      ),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 16 },
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 15 } }),
      ),
    },
  ],
  'a bound widened by an editor': [
    'exception-unauthorised',
    {
      old: hco(
        STOCK,
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 15 } }),
      ),
      object: hco(
        STOCK,
        exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 99 } }),
      ),
    },
  ],
  'an exception removed while its cause stays': [
    'parallel-migrations-too-high',
    {
      old: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        exception('parallel-migrations-too-high'),
      ),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
    },
  ],
  'an exception for one network used on another': [
    'post-copy-unstable-network',
    {
      old: hco(
        { ...POST_COPY, network: 'shaky' },
        exception('post-copy-unstable-network', { bound: { network: 'shaky' } }),
      ),
      object: hco(
        { ...POST_COPY, network: 'flaky' },
        exception('post-copy-unstable-network', { bound: { network: 'shaky' } }),
      ),
      context: atPod([network('shaky', 'unstable'), network('flaky', 'unstable')]),
    },
  ],
  'an invalid value under an exception': [
    'invalid-value',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: -1 }, exception('invalid-value')),
      context: { approvals: approving('invalid-value') },
    },
  ],
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
      context: atPod([
        network('good'),
        network('shaky', 'unstable'),
        migrationPolicy('fast', { selectors: {}, allowPostCopy: true }),
      ]),
    },
  ],
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
  'post copy at once by a negative timeout': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...POST_COPY, completionTimeoutPerGiB: -1 }, UNSTABLE),
    },
  ],
  'post copy by leaving allowWorkloadDisruption out': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco({ ...POST_COPY, allowWorkloadDisruption: null }, UNSTABLE),
    },
  ],
  'post copy that was on, moved to an unstable network': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, network: 'good' }),
      object: hco({ ...POST_COPY, network: 'shaky' }),
      context: atPod([network('good', 'stable'), network('shaky', 'unstable')]),
    },
  ],
  'the dedicated network removed, so that the unstable pod network is used': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, network: 'good' }, UNSTABLE),
      object: hco(POST_COPY, UNSTABLE),
      context: atPod([network('good')]),
    },
  ],
  'the unstable network by its long name': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK),
      object: hco({ ...POST_COPY, network: `${NAMESPACE}/shaky` }),
      context: atPod([network('shaky', 'unstable')]),
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
      context: atPod([network('shaky', 'unstable')]),
    },
  ],
  'post copy by jsonpatch': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(STOCK, { ...UNSTABLE, ...patch(set({ allowPostCopy: true })) }),
    },
  ],
  'post copy by jsonpatch on an ancestor': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, UNSTABLE),
      object: hco(STOCK, {
        ...UNSTABLE,
        ...patch(set({ migrations: { allowPostCopy: true } }, '/spec/configuration')),
      }),
    },
  ],
  'post copy by jsonpatch that moves the true of another setting': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, allowAutoConverge: true, allowWorkloadDisruption: true }, UNSTABLE),
      object: hco(
        { ...STOCK, allowAutoConverge: true, allowWorkloadDisruption: true },
        {
          ...UNSTABLE,
          ...patch({
            op: 'move',
            from: '/spec/configuration/migrations/allowAutoConverge',
            path: '/spec/configuration/migrations/allowPostCopy',
          }),
        },
      ),
    },
  ],
  'a value copied by jsonpatch from where it cannot be seen': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(
        STOCK,
        patch({
          op: 'copy',
          from: '/spec/configuration/developerConfiguration/useEmulation',
          path: '/spec/configuration/migrations/allowPostCopy',
        }),
      ),
    },
  ],
  'a jsonpatch that hides the setting behind another case': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(STOCK, patch(set(true, '/spec/configuration/migrations/ALLOWPOSTCOPY'))),
    },
  ],
  'a jsonpatch that hides the whole object behind another case': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(STOCK, patch(set({ allowPostCopy: true }, '/spec/configuration/Migrations'))),
    },
  ],
  'a jsonpatch that only completes what HCO keeps of the settings': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, allowPostCopy: true }, UNSTABLE),
      object: hco(
        { ...STOCK, allowPostCopy: true },
        { ...UNSTABLE, ...patch(set({ allowWorkloadDisruption: true })) },
      ),
    },
  ],
  'a jsonpatch that clears allowWorkloadDisruption with null': [
    'post-copy-unstable-network',
    {
      old: hco({ ...STOCK, allowPostCopy: true }, UNSTABLE),
      object: hco(
        { ...STOCK, allowPostCopy: true },
        {
          ...UNSTABLE,
          ...patch(set(null, '/spec/configuration/migrations/allowWorkloadDisruption')),
        },
      ),
    },
  ],
  'a higher limit by jsonpatch over a violation that stands': [
    'parallel-migrations-too-high',
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        patch(set(100, '/spec/configuration/migrations/parallelMigrationsPerCluster')),
      ),
    },
  ],
  'unencrypted migration by jsonpatch': [
    'json-patch-override',
    {
      old: hco(STOCK),
      object: hco(STOCK, patch(set(true, '/spec/configuration/migrations/disableTLS'))),
    },
  ],
  'the operator impersonated': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      request: {
        userInfo: {
          username: `system:serviceaccount:${NAMESPACE}:hyperconverged-cluster-operator`,
          uid: '',
          groups: ['system:serviceaccounts'],
          extra: {},
        },
      },
    },
  ],
  "the operator's name in another namespace, with a pod": [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      request: {
        userInfo: {
          username: 'system:serviceaccount:evil:hyperconverged-cluster-operator',
          uid: '',
          groups: [],
          extra: { 'authentication.kubernetes.io/pod-name': ['hco'] },
        },
      },
    },
  ],
  'a deletionTimestamp written by the client': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, {}, 'v1', {
        deletionTimestamp: '2026-11-23T00:00:00Z',
      }),
    },
  ],
  'a standard profile declared where heavy VMs run': [
    'parallel-migrations-too-high',
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        { 'migration-guard.io/workload-profile': 'standard' },
      ),
      context: atPod([vmi('big', { 'migration-guard.io/workload': 'heavy' })]),
    },
  ],
}

for (const [name, [rule, way]] of Object.entries(BLOCKED))
  t.test(`no way around: ${name}`, t => {
    const { allowed, denied } = attempt(way)
    t.equal(allowed, false)
    t.ok(denied.includes(rule), `${rule} among ${denied}`)
    t.end()
  })

const OPEN: Readonly<Record<string, Attempt>> = {
  'a MigrationPolicy added that spares VMs on an unstable network': {
    object: migrationPolicy('spare', { selectors: {}, allowPostCopy: false }),
    context: { facts: factsOf([hco(POST_COPY, UNSTABLE)]) },
  },
  'flagging the network of a cluster that already violates': {
    old: hco(POST_COPY),
    object: hco(POST_COPY, UNSTABLE),
  },
  'declaring critical data on a cluster that already violates': {
    old: hco(POST_COPY),
    object: hco(POST_COPY, CRITICAL),
  },
  'declaring heavy workloads on a cluster that already violates': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 30 },
      { 'migration-guard.io/workload-profile': 'standard' },
    ),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 30 },
      { 'migration-guard.io/workload-profile': 'heavy' },
    ),
  },
  'repairing one of two violations': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20, parallelOutboundMigrationsPerNode: 9 }),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'lowering a violation without mending it': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 30 }),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'removing an exception together with its cause': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high'),
    ),
    object: hco(STOCK),
  },
  'removing an expired exception while its cause stays': {
    old: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high', { expires: '2026-11-01' }),
    ),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'an unrelated edit of a cluster that violates': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
    object: {
      ...hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      metadata: { name: 'kubevirt-hyperconverged', namespace: NAMESPACE, labels: { a: 'b' } },
    },
  },
  'an approved exception, with the value in the same request': {
    old: hco(STOCK),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high'),
    ),
    context: { approvals: approving('parallel-migrations-too-high') },
  },
  'a value within the bound of an exception granted ahead': {
    old: hco(
      STOCK,
      exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 20 } }),
    ),
    object: hco(
      { ...STOCK, parallelMigrationsPerCluster: 20 },
      exception('parallel-migrations-too-high', { bound: { parallelMigrationsPerCluster: 20 } }),
    ),
  },
  'migrations stopped in an emergency, by exception': {
    old: hco(STOCK),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 0 }, exception('migrations-disabled')),
    context: { approvals: approving('migrations-disabled') },
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
  'deleting a HyperConverged that violates': {
    operation: 'DELETE',
    object: null,
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
  },
  'removing a finalizer from one that is being deleted': {
    old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, {}, 'v1', {
      deletionTimestamp: '2026-11-23T00:00:00Z',
      finalizers: ['a'],
    }),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, {}, 'v1', {
      deletionTimestamp: '2026-11-23T00:00:00Z',
    }),
  },
  "whatever HCO's own pod writes": {
    old: hco(STOCK),
    object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
    request: {
      userInfo: {
        username: `system:serviceaccount:${NAMESPACE}:hyperconverged-cluster-operator`,
        uid: '',
        groups: [],
        extra: { 'authentication.kubernetes.io/pod-name': ['hco-operator-1'] },
      },
    },
  },
  'a jsonpatch about something else': {
    old: hco(STOCK),
    object: hco(STOCK, patch(set('x', '/spec/configuration/developerConfiguration/logVerbosity'))),
  },
}

for (const [name, way] of Object.entries(OPEN))
  t.test(`an honest way stays open: ${name}`, t => {
    const { allowed, denied } = attempt(way)
    t.equal(allowed, true, String(denied))
    t.end()
  })

t.test(
  'onExpiry: deny refuses what an expired exception covered once the settings are touched',
  t => {
    const expired = exception('parallel-migrations-too-high', { expires: '2026-11-01' })
    const policy = {
      ...DEFAULT_POLICY,
      exceptions: { ...DEFAULT_POLICY.exceptions, onExpiry: 'deny' as const },
    }
    const at = (parallel: number, more: Values = {}) =>
      hco({ ...STOCK, parallelMigrationsPerCluster: parallel, ...more }, expired)
    const change = (object: JsonObject) => attempt({ old: at(20), object, context: { policy } })
    t.equal(change(at(20, { progressTimeout: 300 })).allowed, false, 'touched elsewhere')
    t.equal(change(at(15)).allowed, true, 'an improvement is never refused')
    t.equal(
      change(hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, { ...expired, x: 'y' })).allowed,
      true,
    )
    t.end()
  },
)

t.test('an operator pod that would have been refused is told apart', t => {
  const { outcome } = attempt(OPEN["whatever HCO's own pod writes"] as Attempt)
  t.equal(outcome, 'allowed-operator')
  t.end()
})

t.test('the moment of the tests is before the dates in them', t => {
  t.ok(NOW < Date.parse('2026-12-01'))
  t.end()
})
