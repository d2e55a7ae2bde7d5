import fc from 'fast-check'
import type { AdmissionRequest } from '../../src/core/admission-review.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { contextOf } from './decide.ts'
import { crdOf, ERA_NAMES, ERAS, type EraName } from './eras.ts'
import {
  approving,
  factsOf,
  hyperConverged,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
  type Version,
  vmi,
} from './review.ts'

const NUMBERS = [0, 1, 2, 3, 5, 6, 10, 11, 20, 100, 149, 150, 151, 800]
const POOL: Readonly<Record<string, readonly unknown[]>> = {
  bandwidthPerMigration: ['0Mi', '0', '64Mi', '1Gi', '0.5Gi'],
  completionTimeoutPerGiB: [...NUMBERS, -1],
  parallelMigrationsPerCluster: NUMBERS,
  parallelOutboundMigrationsPerNode: NUMBERS,
  progressTimeout: NUMBERS,
  network: ['good', 'bad', 'openshift-cnv/bad', 'absent', 'a,b', ''],
  allowAutoConverge: [true, false],
  allowPostCopy: [true, false],
  allowWorkloadDisruption: [true, false],
}
const NONSENSE = [null, '150', 1.5, -1, true, [], {}, '64m', 2 ** 31, 1e300]
export const FIELDS = Object.keys(POOL)

/** Settings as users write them: some fields, sensible and unsafe values. */
export const someSettings: fc.Arbitrary<Values> = fc.record(
  Object.fromEntries(FIELDS.map(name => [name, fc.constantFrom(...(POOL[name] ?? []))])),
  { requiredKeys: [] },
)

const oddSettings: fc.Arbitrary<Values> = fc.record(
  Object.fromEntries(
    FIELDS.map(name => [name, fc.constantFrom(...NONSENSE, ...(POOL[name] ?? []))]),
  ),
  { requiredKeys: [] },
)

/** A block over the stock of an era; rarely with gaps or nonsense, as no API server would hand it over. */
function block(era: EraName, changes: Values): fc.Arbitrary<Values | undefined> {
  const defaults = { ...ERAS[era].defaults, ...changes }
  const gaps = fc.subarray(Object.keys(defaults))
  return fc.oneof(
    { weight: 12, arbitrary: someSettings.map(settings => ({ ...defaults, ...settings })) },
    {
      weight: 3,
      arbitrary: fc.tuple(someSettings, gaps).map(([settings, names]) => {
        const all: Record<string, unknown> = { ...defaults, ...settings }
        for (const name of names) delete all[name]
        return all
      }),
    },
    { weight: 1, arbitrary: oddSettings.map(settings => ({ ...defaults, ...settings })) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

const pointer = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .constantFrom(...FIELDS, 'disableTLS', 'AllowPostCopy', 'x')
      .map(name => `/spec/configuration/migrations/${name}`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '/spec/configuration/migrations',
      '/spec/configuration',
      '/spec',
      '',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('/spec/x', '/metadata/name', '/spec/Configuration', 'x'),
  },
)
const operation = fc.record(
  {
    op: fc.constantFrom('add', 'add', 'add', 'replace', 'remove', 'move', 'copy', 'test', 'x'),
    path: pointer,
    from: pointer,
    value: fc.oneof(
      fc.constantFrom(true, false, 0, 1, 2, 5, 20, 150, 800, null, 'bad'),
      someSettings,
    ),
  },
  { requiredKeys: ['op', 'path'] },
)
const patchText = fc.oneof(
  { weight: 9, arbitrary: fc.array(operation, { maxLength: 3 }).map(list => JSON.stringify(list)) },
  { weight: 1, arbitrary: fc.constantFrom('', '{}', '[', '[1]') },
)

const exceptionBody = fc
  .record(
    {
      reason: fc.constantFrom(...Array(5).fill('the rack is being moved'), 'short'),
      expires: fc.constantFrom(
        ...['2026-11-30', '2026-12-20', '2026-12-01', '2026-11-23'],
        ...['2026-11-22', '2027-06-01', 'soon'],
      ),
      bound: fc.oneof(
        fc.constantFrom<Values>(
          { network: 'bad' },
          { network: '(pod network)' },
          { policy: 'p0' },
          {},
        ),
        fc
          .tuple(fc.constantFrom(...FIELDS), fc.constantFrom(...NUMBERS))
          .map(([name, value]) => ({ [name]: value })),
      ),
    },
    { requiredKeys: ['reason', 'expires'] },
  )
  .map(body => JSON.stringify(body))

// The rules that random settings trip most.
const OFTEN = [
  'post-copy-unstable-network',
  'parallel-migrations-too-high',
  'outbound-migrations-too-high',
  'migrations-disabled',
  'completion-timeout-long',
] as const

/** Exceptions to some rules, good and bad ones. */
export function exceptionsTo(minKeys: number, maxKeys: number): fc.Arbitrary<Texts> {
  return fc.dictionary(
    fc
      .constantFrom(...RULE_IDS, ...OFTEN, ...OFTEN, ...OFTEN)
      .map(rule => `exception.migration-guard.io/${rule}`),
    fc.oneof({ weight: 9, arbitrary: exceptionBody }, { weight: 1, arbitrary: fc.constant('x') }),
    { minKeys, maxKeys },
  )
}

const entryList = fc.subarray([...FIELDS, 'x']).map(names => names.join(', '))
const record = fc
  .array(
    fc.tuple(
      fc.constantFrom(...FIELDS),
      fc.constantFrom('0Mi', '1', '2', '5', '150', 'true', 'false', ''),
    ),
    { maxLength: 4 },
  )
  .map(list => list.map(([name, value]) => `${name}=${value}`).join(','))

/** Declarations on the HyperConverged. */
export const declarations: fc.Arbitrary<Texts> = fc.record(
  {
    'migration-guard.io/workload-profile': fc.constantFrom('heavy', 'heavy', 'standard', 'x'),
    'migration-guard.io/data': fc.constantFrom('critical', 'x'),
    'migration-guard.io/network-stability': fc.constantFrom('stable', 'unstable', 'x'),
  },
  { requiredKeys: [] },
)

function annotations(version: Version): fc.Arbitrary<Texts> {
  const ours = fc.record(
    {
      'migration-guard.io/pinned': entryList,
      'migration-guard.io/filled': record,
      'kubevirt.kubevirt.io/jsonpatch': patchText,
      'kubectl.kubernetes.io/last-applied-configuration': someSettings.map(settings =>
        JSON.stringify(hyperConverged(settings, {}, version)),
      ),
      other: fc.constantFrom('1', '2'),
    },
    { requiredKeys: [] },
  )
  return fc
    .tuple(
      fc.option(declarations, { nil: {} }),
      fc.option(ours, { nil: {} }),
      fc.option(exceptionsTo(0, 3), { freq: 3, nil: {} }),
    )
    .map(parts => Object.assign({}, ...parts))
}

const managedEntry = fc
  .record({
    manager: fc.constantFrom(
      'kubectl',
      'kubectl-edit',
      'kubectl-create',
      'hyperconverged-cluster-operator',
    ),
    operation: fc.constantFrom('Apply', 'Update'),
    fields: fc.subarray(['.', ...FIELDS]),
    seconds: fc.integer({ min: 0, max: 2 }),
    subresource: fc.constantFrom(undefined, undefined, undefined, 'status'),
    version: fc.constantFrom('v1', 'v1beta1'),
  })
  .map(({ fields, seconds, version, subresource, ...rest }) => {
    const owned = Object.fromEntries(fields.map(name => [name === '.' ? '.' : `f:${name}`, {}]))
    const inSpec = { 'f:liveMigrationConfig': owned }
    return {
      ...rest,
      ...(subresource === undefined ? {} : { subresource }),
      apiVersion: `hco.kubevirt.io/${version}`,
      time: `2026-11-23T08:00:0${seconds}Z`,
      fieldsV1: { 'f:spec': version === 'v1' ? { 'f:virtualization': inSpec } : inSpec },
    }
  })

function objectOf(era: EraName, version: Version, changes: Values): fc.Arbitrary<JsonObject> {
  return fc
    .tuple(
      block(era, changes),
      annotations(version),
      fc.array(managedEntry, { maxLength: 3 }),
      fc.constantFrom({}, { x: 1 }),
    )
    .map(([settings, texts, managedFields, more]) => {
      const object = hyperConverged(settings, texts, version, { managedFields })
      return { ...object, spec: { ...(object.spec as Values), ...more } }
    })
}

export const eraAndVersion = fc
  .constantFrom(...ERA_NAMES)
  .chain(era => fc.constantFrom(...ERAS[era].versions).map(version => ({ era, version })))

export type AnyCase = {
  readonly era: EraName
  readonly request: AdmissionRequest
  readonly context: DecisionContext
}

const vm = fc
  .tuple(
    fc.constantFrom('a', 'b', 'c', 'd'),
    fc.constantFrom<Texts>(
      {},
      {},
      { 'migration-guard.io/workload': 'heavy' },
      { 'migration-guard.io/data': 'critical' },
      { 'migration-guard.io/data': 'critical', tier: 'gold' },
    ),
  )
  .map(([name, labels]) => vmi(name, labels))

const policyObject = fc
  .tuple(
    fc.constantFrom('p0', 'p1', 'p2'),
    fc.constantFrom<Values>(
      {},
      { selectors: {} },
      { selectors: { virtualMachineInstanceSelector: { tier: 'gold' } } },
    ),
    fc.record(
      {
        allowPostCopy: fc.boolean(),
        allowWorkloadDisruption: fc.boolean(),
        completionTimeoutPerGiB: fc.constantFrom(0, 10, -1),
      },
      { requiredKeys: [] },
    ),
  )
  .map(([name, selectors, spec]) => migrationPolicy(name, { ...selectors, ...spec }))

const policies: fc.Arbitrary<Policy> = fc
  .record(
    {
      profile: fc.constantFrom('heavy', 'standard', null),
      data: fc.constantFrom('critical', null, null, null),
      linkBandwidth: fc.constantFrom('1Gi', '10G', null),
      networks: fc.record({
        podNetwork: fc.constantFrom('stable', 'unstable', null, null, null),
        unstable: fc.subarray(['good']),
      }),
    },
    { requiredKeys: [] },
  )
  .map(changes => ({ ...DEFAULT_POLICY, ...changes }) as Policy)

/** A cluster and a policy to decide under; with a CRD, or without one and then with the era known or guessed. */
export function contexts(era: EraName, changes: Values = {}): fc.Arbitrary<DecisionContext> {
  return fc
    .record({
      vms: fc.array(vm, { maxLength: 3 }),
      policyObjects: fc.uniqueArray(policyObject, {
        maxLength: 2,
        selector: object => (object.metadata as Values).name,
      }),
      policy: policies,
      source: fc.constantFrom('crd', 'crd', 'version', 'guess'),
      synced: fc.constantFrom(true, true, true, false),
    })
    .map(recipe => {
      const { vms, policyObjects, policy, source, synced } = recipe
      const networks = [network('good', 'stable'), network('bad', 'unstable')]
      const crd = source === 'crd' ? [crdOf(era, changes)] : []
      const context = contextOf({
        facts: { ...factsOf([...vms, ...policyObjects, ...networks, ...crd], policy), synced },
        policy: source === 'version' ? { ...policy, hcoVersion: era } : policy,
        approvals: approving(...RULE_IDS),
      })
      // A counterexample shows what the context is made from, not all of it.
      return { ...context, [fc.toStringMethod]: () => fc.stringify(recipe) }
    })
}

// Mostly what HCO ships; a CRD may have other defaults some day.
const otherDefaults = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Values>({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Values>(
      { parallelMigrationsPerCluster: 20 },
      { parallelMigrationsPerCluster: 3, parallelOutboundMigrationsPerNode: 6 },
      { progressTimeout: 100, completionTimeoutPerGiB: 800 },
      { bandwidthPerMigration: '64Mi', parallelOutboundMigrationsPerNode: 2 },
    ),
  },
)

/** Any CREATE or UPDATE of a HyperConverged under any circumstances. */
export const anyCase: fc.Arbitrary<AnyCase> = fc
  .tuple(eraAndVersion, otherDefaults)
  .chain(([{ era, version }, changes]) =>
    fc
      .record({
        object: objectOf(era, version, changes),
        old: fc.oneof(
          { weight: 1, arbitrary: fc.constant(null) },
          { weight: 2, arbitrary: objectOf(era, version, changes) },
        ),
        likeOld: fc.constantFrom(false, false, true),
        context: contexts(era, changes),
        fieldManager: fc.constantFrom('', 'kubectl', 'kubectl-edit'),
      })
      .map(({ object, old, likeOld, context, fieldManager }) => {
        // Two random objects have little in common; an edit mostly has.
        const close = likeOld && old ? { ...old, metadata: object.metadata } : object
        const request = requestOf(old === null ? 'CREATE' : 'UPDATE', close, old, { fieldManager })
        return { era, request, context }
      }),
  )
