import { globSync } from 'node:fs'
import { basename } from 'node:path'
import t from 'tap'
import { decide } from '../src/core/decision.ts'
import { toWarnings } from '../src/core/messages/warnings.ts'
import { contextOf, recordedReview, requestIn } from './support/decide.ts'

const FILLED_BANDWIDTH =
  'filled bandwidthPerMigration: "0Mi", no limit, so that a busy guest can be outrun (heavy workloads: assumed); any value you write is kept'
const PINNED = ['parallelMigrationsPerCluster is back at 5', 'allowPostCopy is back at false'].map(
  text => `${text}, its default, which is kept as your wish: recorded in migration-guard.io/pinned`,
)
const FILLED_OUTBOUND =
  'filled parallelOutboundMigrationsPerNode: 1, so that one migration at a time has the link of a node (heavy workloads: assumed); to keep 2, add annotation migration-guard.io/pinned: parallelOutboundMigrationsPerNode'
const FILLED_DISRUPTION =
  'filled allowWorkloadDisruption: true, because allowPostCopy does nothing without it (heavy workloads: assumed); to keep false, add annotation migration-guard.io/pinned: allowWorkloadDisruption'
const SUGGEST_POST_COPY =
  'allowPostCopy: true is the guidance for heavy workloads, but that they run here is only assumed; to have it filled, declare annotation migration-guard.io/workload-profile: heavy'
const OUTBOUND_2 =
  '[outbound-migrations-too-high] PATH.parallelOutboundMigrationsPerNode is 2: more than 1 is a lot with heavy workloads (assumed: the running VMs are not known). Fix: set parallelOutboundMigrationsPerNode to 1'
const PARALLEL_20_KEPT =
  'kept, would be refused today: [parallel-migrations-too-high] PATH.parallelMigrationsPerCluster is 20: at most 10 are allowed with heavy workloads (assumed: the running VMs are not known).'
const INERT =
  '[post-copy-inert] PATH.allowPostCopy is true: post copy never happens, because allowWorkloadDisruption is false. Fix: set allowWorkloadDisruption to true, or allowPostCopy to false'
const INERT_BY_PATCH =
  '[post-copy-inert] metadata.annotations[kubevirt.kubevirt.io/jsonpatch] makes allowPostCopy true: post copy never happens, because allowWorkloadDisruption is false. Fix: set allowWorkloadDisruption to true, or allowPostCopy to false'
const ZERO = { bandwidthPerMigration: '0Mi' }
const ONE = { parallelOutboundMigrationsPerNode: 1 }

type Expected = {
  /** Settings that the patch writes; none: the patch is empty. */
  readonly fills?: Readonly<Record<string, unknown>>
  readonly pins?: string
  readonly advice?: readonly string[]
  readonly denied?: readonly string[]
  readonly warnings?: readonly string[]
}

const untouched: Expected = {}
const EXPECTED: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
  '1.17-v1beta1': {
    'annotate-jsonpatch': untouched,
    'apply-create': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'apply-update': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'create-empty': {
      fills: { ...ZERO, ...ONE },
      advice: [FILLED_BANDWIDTH, FILLED_OUTBOUND, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'create-seed-recipe': untouched,
    'delete-with-finalizer': untouched,
    delete: untouched,
    'dry-run': {
      fills: { ...ZERO, ...ONE },
      advice: [FILLED_BANDWIDTH, FILLED_OUTBOUND],
      denied: ['parallel-migrations-too-high'],
      warnings: [OUTBOUND_2],
    },
    'edit-bandwidth': {
      fills: ONE,
      advice: [FILLED_OUTBOUND, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    label: untouched,
    'operator-update': untouched,
    'patch-json-post-copy': {
      fills: ONE,
      advice: [FILLED_OUTBOUND],
      warnings: [PARALLEL_20_KEPT, OUTBOUND_2],
    },
    'patch-merge-parallel-20': {
      fills: ONE,
      advice: [FILLED_OUTBOUND, SUGGEST_POST_COPY],
      denied: ['parallel-migrations-too-high'],
      warnings: [OUTBOUND_2],
    },
    'patch-remove-config': {
      fills: { ...ZERO, ...ONE },
      pins: 'parallelMigrationsPerCluster,allowPostCopy',
      advice: [FILLED_BANDWIDTH, FILLED_OUTBOUND, ...PINNED],
      warnings: [OUTBOUND_2],
    },
    'remove-finalizer': untouched,
    'replace-unchanged': untouched,
    'server-side-apply-create': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'server-side-apply-over': untouched,
  },
  '1.20-v1': {
    'annotate-jsonpatch': { warnings: [INERT_BY_PATCH] },
    'apply-create': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'apply-update': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'create-empty': { fills: ZERO, advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY] },
    'create-seed-recipe': {
      fills: { allowWorkloadDisruption: true },
      advice: [FILLED_DISRUPTION],
      warnings: [INERT],
    },
    'delete-with-finalizer': untouched,
    delete: untouched,
    'dry-run': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH],
      denied: ['parallel-migrations-too-high'],
      warnings: [INERT_BY_PATCH],
    },
    'edit-bandwidth': { advice: [SUGGEST_POST_COPY] },
    label: untouched,
    'operator-update': untouched,
    'patch-json-post-copy': {
      fills: { allowWorkloadDisruption: true },
      advice: [FILLED_DISRUPTION],
      warnings: [PARALLEL_20_KEPT, INERT],
    },
    'patch-merge-parallel-20': {
      advice: [SUGGEST_POST_COPY],
      denied: ['parallel-migrations-too-high'],
    },
    'patch-remove-config': {
      fills: ZERO,
      pins: 'parallelMigrationsPerCluster,allowPostCopy',
      advice: [FILLED_BANDWIDTH, ...PINNED],
    },
    'remove-finalizer': untouched,
    'replace-unchanged': untouched,
    'server-side-apply-create': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH, SUGGEST_POST_COPY],
      warnings: [OUTBOUND_2],
    },
    'server-side-apply-over': {
      fills: ZERO,
      advice: [FILLED_BANDWIDTH],
      warnings: [OUTBOUND_2, INERT_BY_PATCH],
    },
  },
}

const PATHS: Readonly<Record<string, string>> = {
  '1.17-v1beta1': 'spec.liveMigrationConfig',
  '1.20-v1': 'spec.virtualization.liveMigrationConfig',
}

for (const [era, reviews] of Object.entries(EXPECTED))
  for (const [name, expected] of Object.entries(reviews))
    t.test(`${era}: ${name}`, t => {
      const request = requestIn(recordedReview(`${era}/${name}`))
      const path = PATHS[era] ?? ''
      const filling = decide('mutate', request, contextOf())
      t.equal(filling.allowed, true, 'filling never refuses')
      t.same(patched(filling.patch, path), {
        fills: expected.fills ?? {},
        pins: expected.pins ?? '',
      })
      t.same(toWarnings(filling), expected.advice ?? [])
      const decision = decide('validate', request, contextOf())
      const denials = decision.findings.filter(({ effect }) => effect === 'deny')
      t.same(
        denials.map(({ rule }) => rule),
        expected.denied ?? [],
      )
      t.equal(decision.allowed, expected.denied === undefined)
      t.same(
        toWarnings(decision),
        (expected.warnings ?? []).map(text => text.replace('PATH', path)),
      )
      t.end()
    })

t.test('the table covers every recorded review', t => {
  for (const [era, reviews] of Object.entries(EXPECTED)) {
    const folder = new URL(`./fixtures/admission-reviews/${era}/`, import.meta.url)
    const files = globSync('*.json', { cwd: folder }).map(file => basename(file, '.json'))
    t.same(Object.keys(reviews).sort(), files.sort(), era)
  }
  t.end()
})

// What a patch writes: settings by name, and the pinned annotation; the filled annotation must say the same as the settings.
function patched(patch: ReturnType<typeof decide>['patch'], path: string) {
  const prefix = `/${path.replaceAll('.', '/')}/`
  const fills: Record<string, unknown> = {}
  const annotations: Record<string, unknown> = {}
  for (const operation of patch) {
    const value = operation.op === 'remove' ? undefined : operation.value
    if (operation.path.startsWith(prefix)) fills[operation.path.slice(prefix.length)] = value
    else if (operation.path === '/metadata/annotations') Object.assign(annotations, value)
    else
      annotations[operation.path.replace('/metadata/annotations/', '').replace('~1', '/')] = value
  }
  const {
    'migration-guard.io/filled': filled,
    'migration-guard.io/pinned': pins,
    ...rest
  } = annotations
  t.same(rest, {}, 'no other annotation is touched')
  const entries = Object.entries(fills).map(([name, value]) => `${name}=${value}`)
  t.same((filled ?? '') === '' ? [] : String(filled).split(','), entries)
  return { fills, pins: pins ?? '' }
}
