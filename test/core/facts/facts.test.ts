import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import {
  groupByVm,
  groupByWinner,
  NO_FACTS,
  sample,
  sampleText,
} from '../../../src/core/facts/cluster-facts.ts'
import { readInventory } from '../../../src/core/facts/inventory.ts'
import { readMigrationPolicy } from '../../../src/core/facts/migration-policy.ts'
import { findProfile } from '../../../src/core/facts/profile.ts'
import { surveyCluster } from '../../../src/core/facts/survey.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { contextOf, NOW, notesOf } from '../../support/decide.ts'
import { crdOf, stored } from '../../support/eras.ts'
import {
  factsOf,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
  vmi,
} from '../../support/review.ts'

const HEAVY = { 'migration-guard.io/workload': 'heavy' }
const CRITICAL = { 'migration-guard.io/data': 'critical' }
const namespace = (name: string, labels: Texts): JsonObject => ({
  kind: 'Namespace',
  metadata: { name, labels },
})
const annotated = (annotations: Texts, name = 'vm'): JsonObject => ({
  kind: 'VirtualMachineInstance',
  metadata: { name, namespace: 'db', annotations },
})

t.test('a VM is heavy by its label, its namespace, its workload or its instance type', t => {
  const heavy = (...objects: JsonObject[]) => factsOf(objects).workloads.heavy.count
  t.equal(heavy(vmi('a', HEAVY)), 1)
  t.equal(heavy(vmi('a', { 'migration-guard.io/workload': ' Heavy' })), 1)
  t.equal(heavy(vmi('a'), namespace('db', HEAVY)), 1)
  t.equal(heavy(vmi('a'), namespace('web', HEAVY)), 0)
  t.equal(heavy(vmi('a', { 'migration-guard.io/workload': 'light' }), namespace('db', HEAVY)), 1)
  for (const workload of ['highperformance', 'saphana', 'SapHana'])
    t.equal(heavy(annotated({ 'vm.kubevirt.io/workload': workload })), 1, workload)
  t.equal(heavy(annotated({ 'vm.kubevirt.io/workload': 'server' })), 0)
  const type = (name: string, key = 'kubevirt.io/cluster-instancetype-name') =>
    heavy(annotated({ [key]: name }))
  t.same(
    ['m1.large', 'cx1.8xlarge', 'rt1.small'].map(name => type(name)),
    [1, 1, 1],
  )
  t.same(
    ['u1.large', 'm1', 'xm1.large', 'm1xlarge', 'M1.large'].map(name => type(name)),
    [0, 0, 0, 0, 0],
  )
  t.equal(type('m1.large', 'kubevirt.io/instancetype-name'), 1)
  const policy = { ...DEFAULT_POLICY, heavy: { instancetypes: ['*.huge', 'x9.*'] } }
  const types = (name: string) =>
    factsOf([annotated({ 'kubevirt.io/instancetype-name': name })], policy).workloads.heavy.count
  t.same(['u1.huge', 'x9.small', '.huge', 'm1.large', 'u1xhuge'].map(types), [1, 1, 0, 0, 0])
  t.end()
})

t.test('only what runs counts', t => {
  const { workloads } = factsOf(
    ['Running', 'Scheduling', 'Succeeded', 'Failed', undefined].map((phase, index) => ({
      ...vmi(`vm-${index}`, { ...HEAVY, ...CRITICAL }),
      status: { phase },
    })),
  )
  t.match(workloads, { known: true, total: 3, heavy: { count: 3 } })
  t.equal(workloads.critical.length, 3)
  t.end()
})

t.test('the largest VM is told in decimal GB, rounded up', t => {
  const sized = (memory: Values, name = 'vm') => ({ ...vmi(name), spec: { domain: memory } })
  const largest = (...objects: JsonObject[]) =>
    factsOf(objects).workloads.largest?.gigabytes ?? null
  t.equal(largest(sized({ memory: { guest: '64Gi' } })), 69)
  t.equal(largest(sized({ memory: { guest: '6Gi' } })), 7)
  t.equal(largest(sized({ memory: { guest: '1G' } })), 1)
  t.equal(largest(sized({ memory: { guest: '1000000001' } })), 2)
  t.equal(largest(sized({ memory: { guest: '1m' } })), 1)
  t.equal(largest(sized({ resources: { requests: { memory: '2Gi' } } })), 3)
  t.equal(
    largest(sized({ memory: { guest: '1Gi' }, resources: { requests: { memory: '9Gi' } } })),
    2,
  )
  t.equal(largest(sized({ memory: { guest: 'big' } })), null)
  t.equal(largest(sized({ memory: { guest: 64 } })), null)
  t.equal(largest(sized({ memory: { guest: '0' } })), null)
  t.equal(largest(vmi('metadata-only')), null)
  t.end()
})

t.test('critical VMs are grouped by the policy that wins for them', t => {
  const gold = readMigrationPolicy(
    migrationPolicy('gold', { selectors: { virtualMachineInstanceSelector: { tier: 'gold' } } }),
  )
  const critical = ['a', 'b', 'c', 'd', 'e'].map((name, index) => ({
    name: `db/${name}`,
    labels: index < 4 ? { tier: 'gold' } : {},
    namespaceLabels: {},
  }))
  t.same(groupByWinner(critical, [gold]), [
    { id: 'gold', winner: gold, count: 4, examples: ['db/a', 'db/b', 'db/c'] },
    { id: '', winner: null, count: 1, examples: ['db/e'] },
  ])
  t.same(
    groupByWinner(critical, []).map(({ id, count }) => [id, count]),
    [['', 5]],
  )
  t.same(groupByWinner([], [gold]), [])
  t.same(
    groupByVm(critical.slice(3), [gold]).map(({ id, winner }) => [id, winner?.name ?? null]),
    [
      ['db/d', 'gold'],
      ['db/e', null],
    ],
  )
  t.end()
})

t.test('a policy that is being deleted endangers as before and protects no more', t => {
  const CRITICAL_VM = vmi('ledger', CRITICAL)
  const deleted = (name: string, allowPostCopy: boolean): JsonObject => {
    const policy = migrationPolicy(name, { selectors: {}, allowPostCopy })
    const metadata = { ...(policy.metadata as Values), deletionTimestamp: '2026-11-23T08:00:00Z' }
    return { ...policy, metadata }
  }
  const winners = (...policies: JsonObject[]) =>
    factsOf([CRITICAL_VM, ...policies]).criticalGroups.map(({ winner }) => winner?.name ?? null)
  const alive = migrationPolicy('z', { selectors: {}, allowPostCopy: false })
  t.same(winners(alive), ['z'])
  t.same(winners(deleted('a', false)), ['a', null])
  t.same(winners(deleted('a', true), alive), ['a', 'z'])
  t.same(winners(deleted('zz', true), alive), ['z'], 'it does not win')
  t.end()
})

t.test('of several HyperConvergeds the one that HCO reconciles counts', t => {
  const named = (name: string) => stored('1.20', {}, {}, 'v1', { name })
  const metadata = (objects: readonly JsonObject[]) =>
    factsOf(objects).hyperConverged?.metadata as Values | undefined
  const name = (...objects: JsonObject[]) => metadata(objects)?.name
  t.equal(name(named('a')), 'a')
  t.equal(name(named('a'), named('kubevirt-hyperconverged')), 'kubevirt-hyperconverged')
  t.equal(name(named('kubevirt-hyperconverged'), named('z')), 'kubevirt-hyperconverged')
  const within = (namespace: string) => stored('1.20', {}, {}, 'v1', { namespace })
  const namespaceOf = (...objects: JsonObject[]) => metadata(objects)?.namespace
  t.equal(namespaceOf(within('openshift-cnv'), within('x')), 'openshift-cnv')
  t.equal(namespaceOf(within('x'), within('openshift-cnv')), 'openshift-cnv')
  t.equal(namespaceOf(within('x'), within('y')), 'x', 'none where HCO is')
  t.end()
})

t.test('a sample shows three and counts the rest', t => {
  t.equal(sampleText(sample([])), '')
  t.equal(sampleText(sample(['a', 'b', 'c'])), 'a, b, c')
  t.equal(sampleText(sample(['a', 'b', 'c', 'd', 'e'])), 'a, b, c and 2 more')
  t.end()
})

t.test('networks are known by namespace and name, with the flag from label or annotation', t => {
  const { networks } = factsOf([
    network('a'),
    network('b', 'stable'),
    network('b', 'unstable', 'other'),
    network('c', 'unstabel'),
  ])
  t.same(
    [...(networks as ReadonlyMap<string, string>)],
    [
      ['openshift-cnv/a', 'unmarked'],
      ['openshift-cnv/b', 'stable'],
      ['other/b', 'unstable'],
      ['openshift-cnv/c', 'unclear'],
    ],
  )
  t.end()
})

t.test('lists of every sort are read, and an empty one is knowledge', t => {
  const items = [{ metadata: { name: 'a', namespace: 'db', labels: CRITICAL } }]
  const read = (...objects: JsonObject[]) => readInventory(objects)
  t.equal(read({ kind: 'VirtualMachineInstanceList', items }).virtualMachines?.size, 1)
  t.equal(read({ kind: 'List', items: [vmi('a'), vmi('b')] }).virtualMachines?.size, 2)
  t.equal(
    read({ kind: 'List', items: [{ kind: 'List', items: [vmi('a')] }, vmi('b')] }).virtualMachines
      ?.size,
    2,
  )
  t.equal(read({ kind: 'VirtualMachineInstanceList', items: [] }).virtualMachines?.size, 0)
  t.equal(read().virtualMachines, null, 'nothing was listed')
  t.equal(read().networks, null)
  t.equal(read({ kind: 'NetworkAttachmentDefinitionList', items: [] }).networks?.size, 0)
  t.same([...read({ kind: 'List', items: [null, 7, 'x', [], {}] } as JsonObject).namespaces], [])
  t.same(
    [...read({ kind: 'Pod' }, { kind: 'ListOfX', items: [] }, { kind: 'List' }).namespaces],
    [],
  )
  t.end()
})

t.test('a kind counts by its group, or without an apiVersion by its name', t => {
  const policies = (apiVersion?: string) =>
    readInventory([{ ...migrationPolicy('a', {}), apiVersion }]).migrationPolicies.size
  t.same(
    ['migrations.kubevirt.io/v1alpha1', 'migrations.kubevirt.io/v1', undefined].map(policies),
    [1, 1, 1],
  )
  t.same(['example.com/v1', 'v1', 'kubevirt.io/v1'].map(policies), [0, 0, 0])
  const namespaces = (apiVersion: string) =>
    readInventory([{ ...namespace('a', {}), apiVersion }]).namespaces.size
  t.same(['v1', 'example.com/v1'].map(namespaces), [1, 0])
  const list = (apiVersion: string) =>
    readInventory([{ apiVersion, kind: 'NetworkAttachmentDefinitionList', items: [] }]).networks
  t.same([list('k8s.cni.cncf.io/v1')?.size, list('example.com/v1')], [0, null])
  t.end()
})

t.test('what was not listed is not known, which is not the same as not there', t => {
  const survey = (objects: JsonObject[], more: { networksMissing?: boolean } = {}) =>
    surveyCluster(readInventory(objects), DEFAULT_POLICY, {
      source: 'file',
      synced: true,
      asOf: null,
      namespace: 'kubevirt-hyperconverged',
      ...more,
    })
  t.match(survey([]), { networks: 'unknown', workloads: { known: false, total: 0 } })
  t.match(survey([], { networksMissing: true }), { networks: 'missing' })
  t.equal(survey([]).namespace, 'kubevirt-hyperconverged')
  t.equal(survey([stored('1.20')]).namespace, 'openshift-cnv', 'that of the HyperConverged itself')
  t.same(Object.keys(survey([crdOf('1.20')]).stock).sort(), ['v1', 'v1beta1'])
  t.same(
    Object.keys(survey([{ kind: 'CustomResourceDefinition', spec: { group: 'x' } }]).stock),
    [],
    'another CRD',
  )
  t.end()
})

t.test(
  'the profile is heavy by declaration or sight, standard by either, else assumed heavy',
  t => {
    const [none, small, big] = [factsOf([]), factsOf([vmi('small')]), factsOf([vmi('big', HEAVY)])]
    const key = 'migration-guard.io/workload-profile'
    const of = (annotation: string | null, policy: 'heavy' | 'standard' | null, facts = none) => {
      const annotations = annotation === null ? {} : { [key]: annotation }
      const found = findProfile(annotations, { ...DEFAULT_POLICY, profile: policy }, facts)
      return `${found.name} ${found.source}${found.notes.length > 0 ? ' note' : ''}`
    }
    const expected: readonly (readonly [string, string])[] = [
      [of('heavy', null), 'heavy declared'],
      [of(' HEAVY ', null), 'heavy declared'],
      [of('heavy', 'standard', small), 'heavy declared'],
      [of(null, 'heavy', small), 'heavy declared'],
      [of('standard', 'heavy'), 'heavy declared note'],
      [of(null, null, big), 'heavy observed'],
      [of('standard', null, big), 'heavy observed note'],
      [of(null, 'standard', big), 'heavy observed'],
      [of('standard', null), 'standard declared'],
      [of('standard', null, small), 'standard declared'],
      [of(null, 'standard'), 'standard declared'],
      [of('standard', 'standard'), 'standard declared'],
      [of(null, null, small), 'standard observed'],
      [of(null, null, none), 'heavy assumed'],
      [of(null, null, NO_FACTS), 'heavy assumed'],
      [of('lightish', null), 'heavy assumed note'],
      [of('lightish', null, small), 'standard observed note'],
      [of('', null), 'heavy assumed note'],
    ]
    t.same(
      expected.map(([found]) => found),
      expected.map(([, wanted]) => wanted),
    )
    t.end()
  },
)

t.test('the profile shows up to three VMs and carries its notes into the warnings', t => {
  const facts = factsOf(['a', 'b', 'c', 'd'].map(name => vmi(name, HEAVY)))
  const object = stored('1.20', {}, { 'migration-guard.io/workload-profile': 'standard' })
  const decision = decide('validate', requestOf('CREATE', object), contextOf({ facts }))
  t.match(decision.profile, {
    name: 'heavy',
    because: 'observed: db/a, db/b, db/c and 1 more',
    examples: ['db/a', 'db/b', 'db/c'],
  })
  t.match(notesOf(decision), [
    'migration-guard.io/workload-profile: standard is ignored: heavy workloads run (db/a, db/b, db/c and 1 more)',
  ])
  t.end()
})

t.test('facts that are older than five minutes are warned of, facts of a file never', t => {
  const notes = (changes: object) =>
    notesOf(
      decide(
        'validate',
        requestOf('CREATE', stored('1.20')),
        contextOf({ facts: { ...factsOf([]), ...changes } }),
      ),
    ).filter(note => note.includes('minutes old'))
  t.same(notes({ asOf: NOW - 5 * 60_000 }), [])
  t.match(notes({ asOf: NOW - 5 * 60_000 - 1 }), [/5 minutes old/])
  t.match(notes({ asOf: NOW - 3600_000 }), [/60 minutes old/])
  t.same(notes({ asOf: null }), [])
  t.same(notes({ asOf: 0, source: 'file' }), [])
  t.end()
})

t.test(
  'a slip in the flag of the network in use, and in the name of an annotation or a pin, is warned of',
  t => {
    const facts = factsOf([network('c', 'unstabel'), network('d', 'stable')])
    const cautions = (settings: Values, annotations: Texts = {}) =>
      notesOf(
        decide(
          'validate',
          requestOf('CREATE', stored('1.20', settings, annotations)),
          contextOf({ facts }),
        ),
      )
    t.same(cautions({ network: 'c' }), [
      'migration-guard.io/network-stability on NetworkAttachmentDefinition openshift-cnv/c is ignored: it is neither stable nor unstable',
    ])
    t.same(cautions({ network: 'd' }), [])
    t.match(cautions({}, { 'migration-guard.io/workload-profil': 'heavy' }), [
      /^migration-guard.io\/workload-profil is ignored: there is no such annotation; known are workload-profile, /,
    ])
    t.same(
      cautions({}, { 'migration-guard.io/pinned': 'progressTimeout, parallelMigrationPerCluster' }),
      [
        'migration-guard.io/pinned: "parallelMigrationPerCluster" is ignored: there is no such setting',
      ],
    )
    t.end()
  },
)

t.test('words that mean nothing are warned of', t => {
  const notes = (annotations: Texts) =>
    notesOf(decide('validate', requestOf('CREATE', stored('1.20', {}, annotations)), contextOf()))
  t.match(notes({ 'migration-guard.io/data': 'precious' }), [/expected critical/])
  t.match(notes({ 'migration-guard.io/network-stability': 'flaky' }), [
    /expected stable or unstable/,
  ])
  t.same(
    notes({
      'migration-guard.io/data': 'Critical',
      'migration-guard.io/network-stability': ' stable',
    }),
    [],
  )
  t.end()
})
