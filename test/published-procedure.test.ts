import t from 'tap'
import { decide } from '../src/core/decision.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import { contextOf, notesOf } from './support/decide.ts'
import {
  factsOf,
  hyperConverged,
  network,
  PATHS,
  requestOf,
  stockOf,
  type Values,
  type Version,
  vmi,
} from './support/review.ts'

// "Configure live migration for heavy workloads", OpenShift Virtualization.
const RECIPE = {
  bandwidthPerMigration: '0Mi',
  completionTimeoutPerGiB: 150,
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 1,
  progressTimeout: 150,
  allowPostCopy: true,
}
const VERSIONS: readonly Version[] = ['v1', 'v1beta1']
const HEAVY = { 'migration-guard.io/workload-profile': 'heavy' }

function judge(
  settings: Values,
  version: Version,
  annotations = {},
  changes: Parameters<typeof contextOf>[0] = {},
) {
  const request = requestOf('CREATE', hyperConverged(settings, annotations, version))
  const filling = decide('mutate', request, contextOf(changes))
  const decision = decide('validate', request, contextOf(changes))
  const denied = decision.findings.filter(({ effect }) => effect === 'deny')
  return {
    allowed: decision.allowed,
    denied: denied.map(({ rule, field }) => `${rule} ${field}`),
    filled: Object.fromEntries(filling.filled.map(({ name, value }) => [name, value])),
    notes: notesOf(filling),
  }
}

for (const version of VERSIONS) {
  const path = PATHS[version]

  t.test(`${version}: bandwidthPerMigration 0Mi is kept, and filled where it is left out`, t => {
    t.same(judge({ ...stockOf('1.18'), ...RECIPE }, version).filled, {})
    t.equal(judge(stockOf('1.18'), version).filled.bandwidthPerMigration, '0Mi')
    t.equal(judge({ ...stockOf('1.18'), bandwidthPerMigration: '64Mi' }, version).allowed, true)
    t.end()
  })

  t.test(
    `${version}: completionTimeoutPerGiB 150 is kept, and never written over a lower stock value`,
    t => {
      t.equal(judge({ ...stockOf('1.20'), ...RECIPE }, version).allowed, true)
      const filled = (hcoVersion: string) =>
        judge(stockOf(hcoVersion), version, {}, { policy: { ...DEFAULT_POLICY, hcoVersion } })
          .filled
      t.equal(filled('1.13').completionTimeoutPerGiB, 150, '800 is lowered where it is stock')
      t.notOk('completionTimeoutPerGiB' in filled('1.18'), '150 is stock')
      t.notOk('completionTimeoutPerGiB' in filled('1.20'), '20 stays')
      t.end()
    },
  )

  t.test(
    `${version}: parallelMigrationsPerCluster 5 is kept, and very high values are refused`,
    t => {
      const at = (value: number) =>
        judge({ ...stockOf('1.20'), ...RECIPE, parallelMigrationsPerCluster: value }, version)
          .denied
      t.same(at(5), [])
      t.same(at(10), [])
      t.same(at(11), [`parallel-migrations-too-high ${path}.parallelMigrationsPerCluster`])
      t.end()
    },
  )

  t.test(`${version}: parallelOutboundMigrationsPerNode 1 is filled over the stock 2`, t => {
    t.equal(judge(stockOf('1.18'), version).filled.parallelOutboundMigrationsPerNode, 1)
    const at = (value: number) =>
      judge({ ...stockOf('1.20'), parallelOutboundMigrationsPerNode: value }, version).denied
    t.same(at(2), [])
    t.same(at(3), [`outbound-migrations-too-high ${path}.parallelOutboundMigrationsPerNode`])
    t.end()
  })

  t.test(
    `${version}: progressTimeout 150 is kept, a higher one too, a lower one is warned of`,
    t => {
      for (const progressTimeout of [150, 600, 60]) {
        const { allowed, filled } = judge({ ...stockOf('1.20'), progressTimeout }, version)
        t.equal(allowed, true)
        t.notOk('progressTimeout' in filled, 'what the user wrote stays')
      }
      t.end()
    },
  )

  t.test(
    `${version}: allowPostCopy true works on every era, because what it needs is filled`,
    t => {
      const { filled } = judge({ ...stockOf('1.20'), ...RECIPE }, version)
      t.same(filled, { allowWorkloadDisruption: true })
      t.same(judge({ ...stockOf('1.18'), ...RECIPE }, version).filled, {}, 'unknown before 1.19')
      t.end()
    },
  )

  t.test(
    `${version}: allowPostCopy is filled when heavy workloads are declared or observed, else suggested`,
    t => {
      const assumed = judge(stockOf('1.20'), version)
      t.notOk('allowPostCopy' in assumed.filled)
      t.match(assumed.notes.join(), 'allowPostCopy: true is the guidance')
      const both = { allowPostCopy: true, allowWorkloadDisruption: true }
      t.match(judge(stockOf('1.20'), version, HEAVY).filled, both)
      const facts = factsOf([vmi('big', { 'migration-guard.io/workload': 'heavy' })])
      t.match(judge(stockOf('1.20'), version, {}, { facts }).filled, both)
      t.end()
    },
  )

  t.test(`${version}: an explicit allowPostCopy: false is kept, and the rest is filled`, t => {
    t.same(judge({ allowPostCopy: false }, version).filled, {
      bandwidthPerMigration: '0Mi',
      completionTimeoutPerGiB: 150,
      parallelMigrationsPerCluster: 5,
      parallelOutboundMigrationsPerNode: 1,
      progressTimeout: 150,
    })
    t.end()
  })

  t.test(
    `${version}: a dedicated network is accepted where it exists, and refused where it does not`,
    t => {
      const settings = { ...stockOf('1.20'), ...RECIPE, network: 'migration' }
      t.same(judge(settings, version, {}, { facts: factsOf([network('migration')]) }).denied, [])
      t.same(judge(settings, version, {}, { facts: factsOf([]) }).denied, [
        `network-missing ${path}.network`,
      ])
      t.equal(judge(settings, version).allowed, true, 'unknown without a cluster')
      t.end()
    },
  )

  t.test(`${version}: "should not be used … with unstable networks"`, t => {
    const facts = factsOf([network('migration', 'unstable')])
    const settings = { ...stockOf('1.18'), ...RECIPE, network: 'migration' }
    t.same(judge(settings, version, {}, { facts }).denied, [
      `post-copy-unstable-network ${path}.allowPostCopy`,
    ])
    const open = judge({ ...stockOf('1.20'), network: 'migration' }, version, HEAVY, { facts })
    t.notOk('allowPostCopy' in open.filled)
    t.match(open.notes.join(), 'is flagged unstable')
    t.end()
  })

  t.test(`${version}: "should not be used for critical data"`, t => {
    const declared = { 'migration-guard.io/data': 'critical' }
    t.same(judge({ ...stockOf('1.18'), ...RECIPE }, version, declared).denied, [
      `post-copy-critical-data ${path}.allowPostCopy`,
    ])
    const facts = factsOf([vmi('pg', { 'migration-guard.io/data': 'critical' })])
    t.same(judge({ ...stockOf('1.18'), ...RECIPE }, version, {}, { facts }).denied, [
      `post-copy-critical-data ${path}.allowPostCopy`,
    ])
    const open = judge(stockOf('1.20'), version, HEAVY, { facts })
    t.notOk('allowPostCopy' in open.filled)
    t.match(open.notes.join(), 'critical VMs run here, such as db/pg')
    t.end()
  })

  t.test(`${version}: what official pages show is never refused by default`, t => {
    const shown: Values[] = [
      { parallelOutboundMigrationsPerNode: 2 },
      { completionTimeoutPerGiB: 800 },
      { bandwidthPerMigration: '64Mi' },
      { parallelMigrationsPerCluster: 5 },
      { progressTimeout: 150 },
    ]
    for (const settings of [...shown, Object.assign({}, ...shown)])
      for (const era of ['1.4', '1.9', '1.13', '1.14', '1.18', '1.20'])
        t.same(judge({ ...stockOf(era), ...settings }, version).denied, [], era)
    t.end()
  })
}
