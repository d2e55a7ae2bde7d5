import jsonpatch from 'fast-json-patch'
import t from 'tap'
import { toAdmissionReview } from '../src/core/admission-response.ts'
import { decide, type Webhook } from '../src/core/decision.ts'
import type { DecisionContext } from '../src/core/decision-context.ts'
import type { JsonObject } from '../src/core/json.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import { findConfig } from '../src/core/settings/hyperconverged.ts'
import { contextOf, NOW, requestIn } from './support/decide.ts'
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

type Cause = { readonly reason: string; readonly field: string }

/** What a webhook answers to a review of this object, as it goes over the wire. */
function answer(webhook: Webhook, object: JsonObject, context: DecisionContext) {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: requestOf('CREATE', object),
  }
  const request = requestIn(JSON.parse(JSON.stringify(review)))
  const stamps = { now: NOW, policy: context.policy, policyHash: 'abc', record: null }
  const decision = decide(webhook, request, context)
  const { response } = JSON.parse(
    JSON.stringify(toAdmissionReview('admission.k8s.io/v1', decision, stamps)),
  )
  return { response, uid: request.uid }
}

/** What comes of a HyperConverged that is created: the patch of the one webhook is applied before the other one judges. */
function judge(
  settings: Values,
  version: Version,
  annotations = {},
  changes: Parameters<typeof contextOf>[0] = {},
) {
  const context = contextOf(changes)
  const object = hyperConverged(settings, annotations, version)
  const { response: mutated, uid } = answer('mutate', object, context)
  if (!mutated.allowed || mutated.uid !== uid) throw new Error(JSON.stringify(mutated))
  const patch =
    mutated.patch === undefined
      ? []
      : JSON.parse(Buffer.from(mutated.patch, 'base64').toString('utf8'))
  const filled = jsonpatch.applyPatch(structuredClone(object), patch, true).newDocument
  const { response: validated } = answer('validate', filled, context)
  const causes: readonly Cause[] = validated.status?.details.causes ?? []
  const [before, after] = [object, filled].map(one => findConfig(one).block as Values)
  return {
    allowed: validated.allowed,
    code: validated.status?.code,
    denied: causes.map(({ reason, field }) => `${reason} ${field}`),
    filled: Object.fromEntries(
      Object.entries(after ?? {}).filter(([name, value]) => before?.[name] !== value),
    ),
    notes: (mutated.warnings ?? []) as readonly string[],
    warnings: (validated.warnings ?? []) as readonly string[],
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
      const high = { ...stockOf('1.20'), ...RECIPE, parallelMigrationsPerCluster: 11 }
      t.match(judge(high, version), { allowed: false, code: 403 })
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
      const low = /^\[progress-timeout-low\] .*progressTimeout is 60: a large VM .* is given up/
      for (const progressTimeout of [150, 600, 60]) {
        const settings = { ...stockOf('1.20'), progressTimeout }
        const { allowed, filled, warnings } = judge(settings, version)
        t.equal(allowed, true)
        t.notOk('progressTimeout' in filled, 'what the user wrote stays')
        t.equal(
          warnings.some(text => low.test(text)),
          progressTimeout === 60,
        )
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
