import t from 'tap'
import { decide } from '../../../src/core/decision.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import { DEFAULT_POLICY, type Policy } from '../../../src/core/policy.ts'
import { contextOf, notesOf } from '../../support/decide.ts'
import { crdOf, ERA_NAMES, ERAS, type EraName, stored } from '../../support/eras.ts'
import { DECLARED, filledBy, HEAVY, mutated, patched } from '../../support/mutated.ts'
import { factsOf, requestOf, type Texts, type Values, vmi } from '../../support/review.ts'

const on = (era: EraName, settings: Values = {}, annotations: Texts = {}) =>
  mutated(stored(era, settings, annotations), null, {
    policy: { ...DEFAULT_POLICY, hcoVersion: era },
  })

t.test('an empty HyperConverged gets the guidance of its era', t => {
  const expected: Record<EraName, Values> = {
    '1.4': {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelOutboundMigrationsPerNode: 1,
    },
    '1.9': {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.13': {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.14': {
      bandwidthPerMigration: '0Mi',
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.17': {
      bandwidthPerMigration: '0Mi',
      parallelOutboundMigrationsPerNode: 1,
      allowPostCopy: true,
    },
    '1.19': { bandwidthPerMigration: '0Mi', allowPostCopy: true, allowWorkloadDisruption: true },
    '1.20': { bandwidthPerMigration: '0Mi', allowPostCopy: true, allowWorkloadDisruption: true },
  }
  for (const era of ERA_NAMES) t.same(filledBy(on(era, {}, DECLARED)), expected[era], era)
  t.end()
})

t.test(
  'nothing is written where the stock value is stricter, and everything where it is wider',
  t => {
    const stock = (defaults: Values): Partial<DecisionContext> => ({
      facts: {
        ...HEAVY.facts,
        stock: {
          v1: {
            known: Object.keys(ERAS['1.20'].defaults) as never,
            defaults: { ...ERAS['1.20'].defaults, ...defaults },
            source: 'the CRD',
          },
        },
      },
    })
    const filled = (defaults: Values) => {
      const {
        allowPostCopy: _,
        allowWorkloadDisruption: __,
        ...numbers
      } = filledBy(mutated(stored('1.20', defaults), null, stock(defaults)))
      return numbers
    }
    t.same(
      filled({
        completionTimeoutPerGiB: 20,
        parallelMigrationsPerCluster: 3,
        progressTimeout: 300,
      }),
      {},
    )
    t.same(
      filled({
        completionTimeoutPerGiB: 800,
        parallelMigrationsPerCluster: 9,
        progressTimeout: 100,
        parallelOutboundMigrationsPerNode: 3,
      }),
      {
        completionTimeoutPerGiB: 150,
        parallelMigrationsPerCluster: 5,
        progressTimeout: 150,
        parallelOutboundMigrationsPerNode: 1,
      },
    )
    t.end()
  },
)

t.test('what the user set stays, on every era', t => {
  for (const era of ERA_NAMES) {
    const settings = Object.fromEntries(
      ERAS[era].known.map(name => [
        name,
        name === 'bandwidthPerMigration'
          ? '1Gi'
          : name === 'network'
            ? 'mig'
            : name.startsWith('allow')
              ? true
              : 7,
      ]),
    )
    t.same(on(era, settings, DECLARED).patch, [], era)
  }
  t.end()
})

t.test('800 from an older release is the user’s', t => {
  const decision = mutated(stored('1.17', { completionTimeoutPerGiB: 800 }), null, HEAVY)
  t.notOk('completionTimeoutPerGiB' in filledBy(decision))
  const judged = decide(
    'validate',
    requestOf('CREATE', stored('1.17', { completionTimeoutPerGiB: 800 })),
    contextOf(HEAVY),
  )
  const [finding] = judged.findings.filter(({ rule }) => rule === 'completion-timeout-long')
  t.match(finding, { effect: 'warn', fix: 'write completionTimeoutPerGiB: 150' })
  t.match(finding?.message, /800 was the default up to HCO 1\.13/)
  t.end()
})

t.test('only heavy workloads are filled', t => {
  t.same(mutated(stored('1.20'), null, { facts: factsOf([vmi('small')]) }).patch, [])
  t.same(on('1.20', {}, { 'migration-guard.io/workload-profile': 'standard' }).patch, [])
  t.same(
    filledBy(mutated(stored('1.20'))),
    { bandwidthPerMigration: '0Mi' },
    'assumed: all but post copy',
  )
  t.match(
    notesOf(mutated(stored('1.20'))).join(),
    /only assumed; to have it filled, declare annotation/,
  )
  t.equal(filledBy(on('1.4')).allowPostCopy, undefined, 'and not where the CRD has no such field')
  t.end()
})

t.test('network and auto-converge are never filled', t => {
  for (const era of ERA_NAMES) {
    const names = on(era, {}, DECLARED).patch.map(({ path }) => path)
    t.notOk(
      names.some(path => /network$|allowAutoConverge/.test(path)),
      era,
    )
  }
  t.end()
})

t.test('filling never trips a rule: what would is left out, the rest is filled', t => {
  const jsonpatchTest = {
    'kubevirt.kubevirt.io/jsonpatch': JSON.stringify([
      {
        op: 'test',
        path: '/spec/configuration/migrations/parallelOutboundMigrationsPerNode',
        value: 2,
      },
    ]),
  }
  const decision = mutated(stored('1.17', {}, { ...DECLARED, ...jsonpatchTest }))
  t.same(filledBy(decision), { bandwidthPerMigration: '0Mi', allowPostCopy: true })
  const link = { policy: { ...DEFAULT_POLICY, linkBandwidth: '1Gi' } }
  const own = mutated(
    stored('1.17', { parallelOutboundMigrationsPerNode: 4, bandwidthPerMigration: undefined }),
    null,
    link,
  )
  t.equal(filledBy(own).bandwidthPerMigration, '0Mi', 'no limit is what it was before')
  t.end()
})

t.test('what one filling makes harmless is filled with it', t => {
  const insists = JSON.stringify([
    { op: 'test', path: '/spec/configuration/migrations/completionTimeoutPerGiB', value: 800 },
  ])
  const object = stored('1.4', {}, { 'kubevirt.kubevirt.io/jsonpatch': insists })
  const policy = { ...DEFAULT_POLICY, hcoVersion: '1.4', linkBandwidth: '1Gi' }
  const first = mutated(object, null, { policy })
  // Without a limit on bandwidth, two migrations from one node may be too many for the link, and one is not.
  t.same(filledBy(first), { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 })
  t.same(mutated(patched(object, first), null, { policy }).patch, [])
  t.end()
})

t.test('suggesting says what would be filled, off says nothing', t => {
  const mode = (filling: Policy['filling']) =>
    mutated(stored('1.17'), null, { policy: { ...DEFAULT_POLICY, filling } })
  t.match(notesOf(mode('suggest')), [
    /^suggested bandwidthPerMigration: "0Mi"/,
    /^suggested parallelOutbound/,
    /allowPostCopy/,
  ])
  t.same(mode('suggest').filled, [])
  t.same(mode('off').notes, [])
  t.end()
})

t.test('each filled field is said with its value, why, and how to keep the stock value', t => {
  t.same(notesOf(mutated(stored('1.17'))).slice(0, 2), [
    'filled bandwidthPerMigration: "0Mi", no limit, so that a busy guest can be outrun (heavy workloads: assumed); any value you write is kept',
    'filled parallelOutboundMigrationsPerNode: 1, so that one migration at a time has the link of a node (heavy workloads: assumed); to keep 2, add annotation migration-guard.io/pinned: parallelOutboundMigrationsPerNode',
  ])
  t.end()
})

t.test('a CRD in the cluster tells what is known and what is stock', t => {
  const facts = factsOf([crdOf('1.17'), vmi('big', { 'migration-guard.io/workload': 'heavy' })])
  const object = stored('1.20', {}, {}, 'v1beta1')
  const { allowWorkloadDisruption } = filledBy(mutated(object, null, { facts }))
  t.equal(allowWorkloadDisruption, undefined, 'it would be pruned')
  t.end()
})
