import t from 'tap'
import type { AdmissionRequest } from '../src/core/admission-review.ts'
import { decide } from '../src/core/decision.ts'
import type { DecisionContext } from '../src/core/decision-context.ts'
import type { JsonObject } from '../src/core/json.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import type { RuleId } from '../src/core/rule-ids.ts'
import { CATALOGUE } from '../src/core/rules/catalogue.ts'
import { contextOf } from './support/decide.ts'
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

// What a hostile editor tried who may not approve exceptions. The sequences are told by their decisive step.

const STOCK = stockOf('1.20')
const POST_COPY = { ...STOCK, allowPostCopy: true, allowWorkloadDisruption: true }
const UNSTABLE = { 'migration-guard.io/network-stability': 'unstable' }
const CRITICAL = { 'migration-guard.io/data': 'critical' }
const ROOT = '/spec/configuration/migrations'
const PATCH = 'kubevirt.kubevirt.io/jsonpatch'
const RULE = 'parallel-migrations-too-high'
const PREFIX = 'exception.migration-guard.io/'

type Attempt = {
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE'
  readonly old?: JsonObject | null
  readonly object: JsonObject | null
  readonly context?: Partial<DecisionContext>
  readonly request?: Partial<AdmissionRequest>
}

function attempt({ operation, old = null, object, context, request }: Attempt) {
  const deed = operation ?? (old === null ? 'CREATE' : 'UPDATE')
  const decision = decide('validate', requestOf(deed, object, old, request), contextOf(context))
  const denied = decision.findings.filter(({ effect }) => effect === 'deny')
  return { ...decision, denied: denied.map(({ rule }) => rule) }
}

const hco = hyperConverged
const tooMany = (value: unknown) => hco({ ...STOCK, parallelMigrationsPerCluster: value })
const withPatch = (text: string, settings: Values = STOCK) => ({
  old: hco(settings, UNSTABLE),
  object: hco(settings, { ...UNSTABLE, [PATCH]: text }),
})
const patched = (operation: Values, settings?: Values) =>
  withPatch(JSON.stringify([operation]), settings)
/** An exception that somebody approves, with this text. */
const approved = (text: string) => ({
  old: hco(STOCK),
  object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, { [PREFIX + RULE]: text }),
  context: { approvals: approving(RULE) },
})
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
const selecting = (name: string, labels: Texts | undefined, spec: Values): JsonObject =>
  migrationPolicy(name, {
    ...spec,
    selectors: labels && { virtualMachineInstanceSelector: labels },
  })
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
const besideNarrow = { facts: factsOf([hco(STOCK, UNSTABLE), narrow]) }

const patchText = (name: string, value: unknown) =>
  JSON.stringify([{ op: 'add', path: `${ROOT}/${name}`, value }])
const boundTo = (rule: RuleId, policy: string): Texts => ({
  [PREFIX + rule]: exceptionText({ bound: { network: '(pod network)', policy } }),
})
const expired = (rule: RuleId): Texts => ({
  [PREFIX + rule]: exceptionText({ expires: '2026-11-01' }),
})
const denyingExpiry = {
  ...DEFAULT_POLICY,
  exceptions: { ...DEFAULT_POLICY.exceptions, onExpiry: 'deny' },
} as const
const excused = migrationPolicy(
  'x',
  { selectors: { virtualMachineInstanceSelector: { app: 'db' } }, allowPostCopy: true },
  boundTo('post-copy-critical-data', 'x'),
)
const REPLACED = JSON.stringify([{ op: 'add', path: ROOT, value: { allowPostCopy: true } }])
const BRINGS = {
  op: 'copy',
  from: '/spec/configuration/developerConfiguration/useEmulation',
  path: `${ROOT}/allowAutoConverge`,
}

const BLOCKED: Readonly<Record<string, readonly [RuleId, Attempt]>> = {
  'post copy behind a timeout of 0, and the timeout in the next request': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, completionTimeoutPerGiB: 0 }, UNSTABLE),
      object: hco(POST_COPY, UNSTABLE),
    },
  ],
  'post copy behind a timeout of 0, and a negative one in the next request': [
    'post-copy-unstable-network',
    {
      old: hco({ ...POST_COPY, completionTimeoutPerGiB: 0 }, UNSTABLE),
      object: hco({ ...POST_COPY, completionTimeoutPerGiB: -1 }, UNSTABLE),
    },
  ],
  'a violation lowered, and raised again to where it was': [
    RULE,
    { old: tooMany(15), object: tooMany(20) },
  ],
  'a number that wraps around in 32 bits': [
    RULE,
    { old: tooMany(20), object: tooMany(2 ** 32 + 1) },
  ],
  'a number in quotes': ['invalid-value', { old: tooMany(5), object: tooMany('20') }],
  'a number in a list': ['invalid-value', { old: tooMany(5), object: tooMany([20]) }],
  'one invalid value behind another that was there': [
    'invalid-value',
    {
      old: tooMany(-5),
      object: hco({
        ...STOCK,
        parallelMigrationsPerCluster: -5,
        parallelOutboundMigrationsPerNode: -5,
      }),
    },
  ],
  'the settings as a list': [
    'invalid-value',
    {
      old: hco(STOCK),
      object: {
        ...hco(STOCK),
        spec: { virtualization: { liveMigrationConfig: [POST_COPY] } },
      },
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
  'an exception whose expiry stands twice': [
    'exception-invalid',
    approved('{"reason":"maintenance window","expires":"2026-12-01","expires":"2026-11-25"}'),
  ],
  'an exception by a merge key': [
    'exception-invalid',
    approved('<<: {reason: maintenance window}\nexpires: 2026-12-01'),
  ],
  'an exception in two documents': [
    'exception-invalid',
    approved('reason: maintenance window\nexpires: 2026-12-01\n---\nreason: b'),
  ],
  'an exception that expires now': [
    'exception-invalid',
    approved(exceptionText({ expires: '2026-11-23T12:00:00Z' })),
  ],
  'an exception that has expired on the other side of the date line': [
    'exception-invalid',
    approved(exceptionText({ expires: '2026-11-24T02:00:00+14:00' })),
  ],
  'an exception until the year 9999': [
    'exception-invalid',
    approved(exceptionText({ expires: '9999-12-31' })),
  ],
  'a bound of infinity': [
    'exception-invalid',
    approved(
      '{"reason":"maintenance window","expires":"2026-12-01","bound":{"parallelMigrationsPerCluster":1e400}}',
    ),
  ],
  'a bound of no number': [
    'exception-invalid',
    approved(
      '{reason: maintenance window, expires: 2026-12-01, bound: {parallelMigrationsPerCluster: .nan}}',
    ),
  ],
  'a bound of nothing': ['exception-invalid', approved(exceptionText({ bound: {} }))],
  'a bound on a prototype': [
    'exception-invalid',
    approved('{"reason":"maintenance window","expires":"2026-12-01","bound":{"__proto__":99}}'),
  ],
  'an exception under a longer prefix': [
    RULE,
    {
      old: hco(STOCK),
      object: hco(
        { ...STOCK, parallelMigrationsPerCluster: 20 },
        { [`x.${PREFIX}${RULE}`]: exceptionText() },
      ),
    },
  ],
  'a blank added to an approved exception': [
    'exception-unauthorised',
    {
      old: hco(STOCK, { [PREFIX + RULE]: exceptionText() }),
      object: hco(STOCK, { [PREFIX + RULE]: `${exceptionText()} ` }),
    },
  ],
  'critical data with an invisible blank': [
    'exception-unauthorised',
    {
      old: hco(STOCK, CRITICAL),
      object: hco(STOCK, { 'migration-guard.io/data': 'critical\u200b' }),
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
  'a policy of a lower name beside the one that protects': [
    'post-copy-critical-data',
    {
      object: selecting('a', { app: 'db' }, {}),
      context: { facts: factsOf([hco(POST_COPY), critical, protector]) },
    },
  ],
  'a feature gate by jsonpatch with which post copy does not wait': [
    'json-patch-override',
    patched({
      op: 'add',
      path: '/spec/configuration/developerConfiguration/featureGates/-',
      value: 'MigrationStallDetection',
    }),
  ],
  'that feature gate somewhere in what a jsonpatch sets': [
    'json-patch-override',
    patched({
      op: 'replace',
      path: '/spec/configuration',
      value: { developerConfiguration: { featureGates: ['Snapshot', 'MigrationStallDetection'] } },
    }),
  ],
  'a jsonpatch with escapes in the name of a setting': [
    'post-copy-unstable-network',
    withPatch(
      `[{"op":"add","path":"${ROOT}/allow\\u0050ostCopy","value":true},{"op":"remove","path":"${ROOT}/allowWorkloadDisruption"}]`,
    ),
  ],
  'a jsonpatch that removes what disables post copy': [
    'post-copy-unstable-network',
    patched(
      { op: 'remove', path: `${ROOT}/allowWorkloadDisruption` },
      { ...STOCK, allowPostCopy: true },
    ),
  ],
  'a jsonpatch that copies nothing, which is null, over what disables post copy': [
    'invalid-value',
    patched(
      { op: 'copy', from: `${ROOT}/`, path: `${ROOT}/allowWorkloadDisruption` },
      { ...STOCK, allowPostCopy: true },
    ),
  ],
  'a jsonpatch operation whose op stands twice': [
    'invalid-value',
    withPatch(`[{"op":"test","op":"add","path":"${ROOT}/allowPostCopy","value":true}]`),
  ],
  'a jsonpatch that reads from the root by an empty name': [
    'json-patch-override',
    patched({
      op: 'copy',
      from: `/${ROOT}/allowAutoConverge`,
      path: `${ROOT}/allowPostCopy`,
    }),
  ],
  'a jsonpatch that copies itself until the memory is full': [
    'invalid-value',
    withPatch(
      JSON.stringify(
        Array.from({ length: 60 }, (_, index) => ({
          op: 'copy',
          from: ROOT,
          path: `${ROOT}/x${index}`,
        })),
      ),
    ),
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
  'the jsonpatch taken away that kept post copy off on an unstable network': [
    'post-copy-unstable-network',
    {
      old: hco(POST_COPY, { ...UNSTABLE, [PATCH]: patchText('allowPostCopy', false) }),
      object: hco(POST_COPY, UNSTABLE),
    },
  ],
  'the jsonpatch emptied that kept the parallel migrations low': [
    RULE,
    {
      old: hco(
        { ...STOCK, parallelMigrationsPerCluster: 60 },
        { [PATCH]: patchText('parallelMigrationsPerCluster', 5) },
      ),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 60 }, { [PATCH]: '[]' }),
    },
  ],
  'an exception bound to one policy used for the cluster settings': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, { ...UNSTABLE, ...boundTo('post-copy-unstable-network', 'fast') }),
      object: hco(POST_COPY, { ...UNSTABLE, ...boundTo('post-copy-unstable-network', 'fast') }),
    },
  ],
  'an exception on a policy used to delete it over a critical VM': [
    'post-copy-critical-data',
    {
      operation: 'DELETE',
      old: migrationPolicy(
        'fast',
        { allowPostCopy: false, selectors: {} },
        boundTo('post-copy-critical-data', 'fast'),
      ),
      object: null,
      context: {
        facts: factsOf([
          hco(POST_COPY),
          critical,
          migrationPolicy('fast', { allowPostCopy: false, selectors: {} }),
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
  'a feature gate copied from a text that HCO takes from elsewhere in the spec': [
    'json-patch-override',
    patched({
      op: 'copy',
      from: '/spec/workloads/nodePlacement/tolerations/0/value',
      path: '/spec/configuration/developerConfiguration/featureGates/-',
    }),
  ],
  'what a jsonpatch brings changed by an operation before it': [
    'json-patch-override',
    {
      old: hco(STOCK, { [PATCH]: JSON.stringify([BRINGS]) }),
      object: hco(STOCK, {
        [PATCH]: JSON.stringify([
          {
            op: 'add',
            path: '/spec/configuration/developerConfiguration/useEmulation',
            value: true,
          },
          BRINGS,
        ]),
      }),
    },
  ],
  'an expired exception removed together with another change, where expiry denies': [
    RULE,
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, expired(RULE)),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20, progressTimeout: 200 }),
      context: { policy: denyingExpiry },
    },
  ],
  'an expired exception removed by itself, where expiry denies': [
    RULE,
    {
      old: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }, expired(RULE)),
      object: hco({ ...STOCK, parallelMigrationsPerCluster: 20 }),
      context: { policy: denyingExpiry },
    },
  ],
  'a reason of ten characters that nobody can see': [
    'exception-invalid',
    approved(JSON.stringify({ reason: '\u200b'.repeat(12), expires: '2026-12-01' })),
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
  'a jsonpatch that forbids disruption, which a KubeVirt before 1.5 does not know': [
    'post-copy-unstable-network',
    withPatch(
      JSON.stringify([
        { op: 'add', path: `${ROOT}/allowPostCopy`, value: true },
        { op: 'add', path: `${ROOT}/allowWorkloadDisruption`, value: false },
      ]),
      stockOf('1.14'),
    ),
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
  'disruption allowed where only RFC 6902 saw post copy in the jsonpatch before': [
    'post-copy-unstable-network',
    {
      old: hco(STOCK, { ...UNSTABLE, [PATCH]: REPLACED }),
      object: hco({ ...STOCK, allowWorkloadDisruption: true }, { ...UNSTABLE, [PATCH]: REPLACED }),
    },
  ],
}

for (const [name, [rule, way]] of Object.entries(BLOCKED))
  t.test(`no way: ${name}`, t => {
    const { allowed, denied } = attempt(way)
    t.equal(allowed, false)
    t.ok(denied.includes(rule), `${rule} among ${denied}`)
    t.end()
  })

const OPEN: Readonly<Record<string, Attempt>> = {
  'a label on a MigrationPolicy that violates already': {
    old: narrow,
    object: { ...narrow, metadata: { name: 'fast', labels: { a: 'b' } } },
    context: besideNarrow,
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
  'a jsonpatch that copies a setting': patched({
    op: 'copy',
    from: `${ROOT}/progressTimeout`,
    path: `${ROOT}/utilityVolumesTimeout`,
  }),
  'a feature gate that a jsonpatch takes away': patched({
    op: 'test',
    path: '/spec/configuration/developerConfiguration/featureGates/0',
    value: 'MigrationStallDetection',
  }),
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
  'the keys of a kept jsonpatch operation in another order': {
    old: hco(STOCK, { [PATCH]: JSON.stringify([BRINGS]) }),
    object: hco(STOCK, {
      [PATCH]: JSON.stringify([{ path: BRINGS.path, from: BRINGS.from, op: BRINGS.op }]),
    }),
  },
  'post copy switched off in an emergency, where another exception has expired': {
    old: hco({ ...POST_COPY, parallelMigrationsPerCluster: 20 }, { ...UNSTABLE, ...expired(RULE) }),
    object: hco(
      { ...POST_COPY, allowPostCopy: false, parallelMigrationsPerCluster: 20 },
      { ...UNSTABLE, ...expired(RULE) },
    ),
    context: { policy: denyingExpiry },
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
  'a stale exception removed from a policy that violates nothing, where expiry denies': {
    old: migrationPolicy('p', { selectors: {} }, expired('post-copy-unstable-network')),
    object: migrationPolicy('p', { selectors: {} }),
    context: {
      policy: denyingExpiry,
      facts: factsOf([hco(STOCK, UNSTABLE), narrow]),
    },
  },
}

for (const [name, way] of Object.entries(OPEN))
  t.test(`still open: ${name}`, t => {
    const { allowed, denied } = attempt(way)
    t.equal(allowed, true, `${denied}`)
    t.end()
  })

t.test('a jsonpatch that HCO would apply to copies leaves what it copied alone', t => {
  const { findings } = attempt(
    withPatch(
      JSON.stringify([
        { op: 'add', path: `${ROOT}/a`, value: { allowPostCopy: true } },
        { op: 'copy', from: `${ROOT}/a`, path: `${ROOT}/b` },
        { op: 'add', path: `${ROOT}/b/allowPostCopy`, value: false },
        { op: 'test', path: `${ROOT}/a/allowPostCopy`, value: true },
      ]),
    ),
  )
  t.same(findings, [])
  t.end()
})

t.test('a text that no terminal may see is escaped in the message of a malformed jsonpatch', t => {
  const { findings } = attempt(withPatch('\u001b[2J'))
  t.equal(findings.length, 1)
  t.notMatch(findings[0]?.message, /\p{Cc}/u)
  t.match(findings[0]?.message, '\\u001b')
  t.end()
})

// One review may not hold up the others. The bound is far above what is needed and far below what each of these once took.
const LONGEST_MS = 2000

const HEAVY: Readonly<Record<string, () => Attempt>> = {
  'thousands of jsonpatch operations on an object of thousands of keys': () => {
    const value = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`a${index}`, 1]))
    const writes = Array.from({ length: 1400 }, () => ({
      op: 'add',
      path: `${ROOT}/b`,
      value: 1,
    }))
    return withPatch(JSON.stringify([{ op: 'add', path: ROOT, value }, ...writes]))
  },
  'a MigrationPolicy of thousands of selectors beside thousands of critical VMs': () => {
    const labels = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, index) => [`k${index}`, '']),
    )
    const vms = Array.from({ length: 2000 }, (_, index) => vmi(`vm${index}`, CRITICAL))
    return {
      object: selecting('p', labels, { allowPostCopy: true }),
      context: { facts: factsOf([hco(STOCK), ...vms]) },
    }
  },
  'hundreds of policies with post copy beside hundreds that spare': () => {
    const policies = Array.from({ length: 400 }, (_, index) =>
      selecting(`p${index}`, { [`k${index % 7}`]: 'v' }, { allowPostCopy: index % 2 === 0 }),
    )
    return {
      old: hco(POST_COPY, UNSTABLE),
      object: hco({ ...POST_COPY, progressTimeout: 200 }, UNSTABLE),
      context: { facts: factsOf([hco(POST_COPY, UNSTABLE), ...policies]) },
    }
  },
  'a network of a million names': () => onNetwork('a,'.repeat(700_000)),
  'thousands of exceptions to rules that do not exist': () => {
    const annotations = Object.fromEntries(
      Array.from({ length: 7500 }, (_, index) => [`${PREFIX}rule-${index}`, 'x']),
    )
    return { old: hco(STOCK), object: hco(STOCK, annotations) }
  },
  'thousands of keys in a jsonpatch that differ in case': () => {
    const value = Object.fromEntries(
      Array.from({ length: 8192 }, (_, bits) => [
        [...'allowPostCopy'].map((c, i) => (bits & (1 << i) ? c.toUpperCase() : c)).join(''),
        1,
      ]),
    )
    return patched({ op: 'add', path: ROOT, value })
  },
  'an exception to every rule that is hard to read': () => {
    const text = '['.repeat(60) + ','.repeat(2000)
    const annotations = Object.fromEntries(
      Object.keys(CATALOGUE).map(rule => [PREFIX + rule, text.slice(0, 2048)]),
    )
    return {
      old: hco(STOCK, annotations),
      object: hco({ ...STOCK, progressTimeout: 200 }, annotations),
    }
  },
}

for (const [name, make] of Object.entries(HEAVY))
  t.test(`soon answered: ${name}`, t => {
    const way = make()
    const start = performance.now()
    attempt(way)
    const took = performance.now() - start
    t.ok(took < LONGEST_MS, `${took.toFixed(0)} ms`)
    t.end()
  })

t.test('soon filled: an object that thousands of managers have applied', t => {
  const managed = (progressTimeout: number) =>
    hco({ ...STOCK, progressTimeout }, {}, 'v1', {
      managedFields: Array.from({ length: 5000 }, (_, index) => ({
        apiVersion: 'hco.kubevirt.io/v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:a': {} } } },
        manager: index < 2500 ? 'one' : `manager-${index}`,
        operation: 'Apply',
        time: '2026-11-23T11:00:00Z',
      })),
    })
  const request = requestOf('UPDATE', managed(200), managed(150))
  const start = performance.now()
  decide('mutate', request, contextOf())
  const took = performance.now() - start
  t.ok(took < LONGEST_MS, `${took.toFixed(0)} ms`)
  t.end()
})

t.test(
  'filling makes no edit of something else one of the settings, where these would be refused',
  t => {
    const open = stockOf('1.17')
    const edited = (annotations: Texts, more: Values) => {
      const object = hco({ ...open, parallelMigrationsPerCluster: 20 }, annotations)
      return { ...object, spec: { ...(object.spec as Values), ...more } }
    }
    const filled = (annotations: Texts, context: Partial<DecisionContext>) => {
      const request = requestOf(
        'UPDATE',
        edited(annotations, { deployment: {} }),
        edited(annotations, {}),
      )
      return decide('mutate', request, contextOf(context)).filled.length > 0
    }
    t.equal(filled({}, {}), true, 'otherwise it is filled')
    t.equal(
      filled({}, { facts: { ...factsOf([]), synced: false } }),
      false,
      'facts are not complete',
    )
    t.equal(filled(expired(RULE), { policy: denyingExpiry }), false, 'an exception has expired')
    t.equal(filled(expired(RULE), {}), true, 'and that is only warned of')
    t.end()
  },
)
