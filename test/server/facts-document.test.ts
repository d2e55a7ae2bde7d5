import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { decide } from '../../src/core/decision.ts'
import type { ClusterFacts } from '../../src/core/facts/cluster-facts.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { type FactsDocument, toFactsDocument } from '../../src/server/recording/facts-document.ts'
import { FactsEntries } from '../../src/server/recording/facts-entries.ts'
import { fromFactsDocument } from '../audit/support/from-facts-document.ts'
import { contextOf, NOW } from '../support/decide.ts'
import { stored } from '../support/eras.ts'
import {
  factsOf,
  hyperConverged,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
  vmi,
} from '../support/review.ts'

const CRITICAL = { 'migration-guard.io/data': 'critical' }
const namespace = (name: string, labels: Texts): JsonObject => ({
  kind: 'Namespace',
  metadata: { name, labels },
})
const selecting = (name: string, vm: Texts, ns: Texts = {}, more: Values = {}): JsonObject =>
  migrationPolicy(name, {
    selectors: { virtualMachineInstanceSelector: vm, namespaceSelector: ns },
    ...more,
  })
const hashOf = (facts: ClusterFacts) => new FactsEntries().prepare(facts).factsHash

/** Facts as they come back from the text of their record. */
function replayed(document: unknown, { source, asOf }: ClusterFacts): ClusterFacts {
  const facts = fromFactsDocument(JSON.parse(JSON.stringify(document)) as FactsDocument, source)
  return { ...facts, asOf }
}

t.test('what no selector names is left out, and each namespace stands there once', t => {
  const facts = factsOf([
    namespace('db', { team: 'a', note: 'x' }),
    ...['c', 'b', 'a'].map(name =>
      vmi(name, { ...CRITICAL, app: 'pg', 'kubevirt.io/nodeName': name }),
    ),
    vmi('z', { ...CRITICAL, app: 'ora' }),
    vmi('front', CRITICAL, 'web'),
    selecting('gold', { app: 'pg' }, { team: 'a' }),
  ])
  t.strictSame(toFactsDocument(facts).workloads?.critical, [
    {
      namespace: 'db',
      labels: { team: 'a' },
      vms: [
        { labels: { app: 'pg' }, names: ['a', 'b', 'c'] },
        { labels: { app: 'ora' }, names: ['z'] },
      ],
    },
    { namespace: 'web', labels: {}, vms: [{ labels: {}, names: ['front'] }] },
  ])
  t.end()
})

t.test('a migration is no other facts, unless a selector names the node', t => {
  const on = (node: string, ...policies: JsonObject[]) =>
    factsOf([
      vmi('a', {
        ...CRITICAL,
        'kubevirt.io/nodeName': node,
        'kubevirt.io/migrationTargetNodeName': node,
      }),
      ...policies,
    ])
  t.equal(hashOf(on('one')), hashOf(on('two')))
  const policy = selecting('near', { 'kubevirt.io/nodeName': 'one' })
  t.not(hashOf(on('one', policy)), hashOf(on('two', policy)))
  t.end()
})

t.test('the order in which a cluster was learned does not change its facts', t => {
  const objects = [
    ...['a', 'b', 'c', 'd'].map(name => vmi(name, CRITICAL)),
    ...['e', 'f', 'g', 'h'].map(name => vmi(name, { 'migration-guard.io/workload': 'heavy' })),
    selecting('one', { app: 'pg' }),
    selecting('two', {}),
  ]
  t.equal(hashOf(factsOf(objects)), hashOf(factsOf(objects.toReversed())))
  t.end()
})

t.test('the exceptions on MigrationPolicies survive, however much else stands there', t => {
  const excepted = migrationPolicy(
    'a',
    {},
    {
      'exception.migration-guard.io/post-copy-critical-data': '{}',
      'exception.migration-guard.io/post-copy-unstable-network': 'x'.repeat(2049),
      'exception.migration-guard.io/no-rule': '{}',
      note: 'x'.repeat(1000),
    },
  )
  const facts = factsOf([excepted])
  const kept = { 'exception.migration-guard.io/post-copy-critical-data': '{}' }
  t.same(facts.migrationPolicies[0]?.exceptions, kept)
  t.same(replayed(toFactsDocument(facts), facts).migrationPolicies[0]?.exceptions, kept)
  t.end()
})

t.test('a request with selectors of its own has the labels that they name in its facts', t => {
  const facts = factsOf([vmi('a', { ...CRITICAL, tier: 'gold' })])
  const entries = new FactsEntries()
  const usual = entries.prepare(facts)
  const change = requestOf('UPDATE', stored('1.20'), stored('1.20'))
  const create = requestOf('CREATE', selecting('new', { tier: 'gold' }))
  const general = requestOf('CREATE', selecting('new', {}))
  t.equal(entries.for(facts, change), usual, 'written once')
  t.equal(entries.for({ ...facts, asOf: 0 }, general), usual)
  const wider = entries.for(facts, create)
  t.not(wider.factsHash, usual.factsHash)
  t.match(wider, { facts: { workloads: { critical: [{ vms: [{ labels: { tier: 'gold' } }] }] } } })
  t.equal(entries.for({ ...facts, asOf: 0 }, create), wider, 'written once, too')
  t.equal(entries.for(facts, null), usual)
  t.end()
})

const labels = fc.dictionary(
  fc.constantFrom('app', 'tier', 'kubevirt.io/nodeName', 'constructor', '0'),
  fc.constantFrom('x', 'y'),
  { maxKeys: 3 },
)
const critical = fc.constantFrom<Texts>({}, CRITICAL)
const policy = fc
  .tuple(fc.constantFrom('p', 'q', 'r'), fc.option(fc.tuple(labels, labels)), fc.boolean())
  .map(([name, selectors, allowPostCopy]) =>
    selectors === null
      ? migrationPolicy(name, { allowPostCopy })
      : selecting(name, ...selectors, { allowPostCopy }),
  )
const world = fc.record({
  vms: fc.array(
    fc
      .tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), labels, critical, fc.constantFrom('m', 'n'))
      .map(([name, own, data, place]) => vmi(name, { ...own, ...data }, place)),
    { maxLength: 8 },
  ),
  namespaces: fc
    .tuple(labels, critical)
    .map(([own, data]) => [namespace('m', { ...own, ...data })]),
  policies: fc.uniqueArray(policy, {
    maxLength: 3,
    selector: ({ metadata }) => (metadata as Values).name,
  }),
})
const settings = { allowPostCopy: true, allowWorkloadDisruption: true }
const request = fc.oneof(
  policy.map(object => requestOf('CREATE', object)),
  policy.map(object => requestOf('DELETE', null, object)),
  fc
    .tuple(policy, policy)
    .map(([object, old]) => requestOf('UPDATE', { ...object, metadata: old.metadata }, old)),
  fc.constant(requestOf('UPDATE', hyperConverged(settings), hyperConverged({}))),
)

t.test('a decision is the same under the facts that its record names', t => {
  let refused = 0
  fc.assert(
    fc.property(world, request, ({ vms, namespaces, policies }, asked) => {
      const hco = hyperConverged(settings)
      const facts = factsOf([...vms, ...namespaces, ...policies, hco, network('lan')])
      const recorded = replayed(new FactsEntries().for(facts, asked).facts, facts)
      const [decision, again] = [facts, recorded].map(one =>
        decide('validate', asked, contextOf({ facts: one, now: NOW })),
      )
      if (decision?.allowed === false) refused++
      return isDeepStrictEqual(plain(decision), plain(again))
    }),
    { numRuns: 1000 },
  )
  t.ok(refused > 50, `${refused} refusals among them`)
  t.end()
})

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
