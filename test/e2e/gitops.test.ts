import t, { type Test } from 'tap'
import type { ApiVersion, Era } from '../../src/control-plane/crds/eras.ts'
import { sumOf } from '../../src/control-plane/metric-samples.ts'
import { PATH } from './support/changes.ts'
import { bring, type Settings, withSettings } from './support/clients.ts'
import { kubectlEdit } from './support/edit.ts'
import { decisions, startGuarded } from './support/guarded.ts'
import { type KubernetesObject, resourceIn, settingsOf } from './support/objects.ts'

// The same manifest again and again, as a GitOps controller brings it: whatever was left open is filled once, and from then
// on nothing moves.
const { cluster, guard, stored, renew, clear } = await startGuarded(t, '1.18')

const HEAVY = { 'migration-guard.io/workload-profile': 'heavy' }
const PROCEDURE = {
  ...{ bandwidthPerMigration: '0Mi', completionTimeoutPerGiB: 150, progressTimeout: 150 },
  ...{ parallelMigrationsPerCluster: 5, parallelOutboundMigrationsPerNode: 1 },
  allowPostCopy: true,
}

type File = {
  readonly what: string
  /** It leaves nothing open, so that even a replace, which drops our notes, has nothing filled. */
  readonly full?: true
  /** What it said before. */
  readonly first?: Settings
  readonly settings: Settings | undefined
  readonly annotations?: Readonly<Record<string, string>>
  /** What etcd holds of the settings then. */
  readonly leads: Settings
  readonly leadsByReplace?: Settings
}

const OPEN = { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 }
const POST_COPY = { allowPostCopy: true, allowWorkloadDisruption: true }

const RUNS: readonly { readonly era: Era; version: ApiVersion; files: readonly File[] }[] = [
  {
    ...{ era: '1.18', version: 'v1beta1' },
    files: [
      { what: 'a full file', full: true, settings: PROCEDURE, leads: PROCEDURE },
      {
        what: 'a file with one field',
        ...{ settings: { progressTimeout: 600 }, leads: { ...OPEN, progressTimeout: 600 } },
      },
      {
        what: 'a file that drops fields',
        first: { bandwidthPerMigration: '64Mi', parallelMigrationsPerCluster: 3 },
        settings: { progressTimeout: 600 },
        leads: { ...OPEN, parallelMigrationsPerCluster: 5, progressTimeout: 600 },
      },
      {
        // Of a replace nothing shows that it is none of the edits that put a field back to stock on purpose: it was full,
        // so it drops no annotation of ours.
        what: 'a file that was full and drops fields',
        first: { ...PROCEDURE, progressTimeout: 600 },
        settings: { progressTimeout: 600 },
        leads: { ...OPEN, progressTimeout: 600, allowPostCopy: false },
        leadsByReplace: { ...OPEN, parallelOutboundMigrationsPerNode: 2, allowPostCopy: false },
      },
    ],
  },
  {
    ...{ era: '1.19', version: 'v1' },
    files: [
      {
        what: 'the procedure, which lacks a field here',
        ...{ settings: PROCEDURE, leads: { ...PROCEDURE, ...POST_COPY } },
      },
      {
        what: 'a file that declares heavy workloads and drops all fields',
        first: { allowPostCopy: false, progressTimeout: 600 },
        settings: undefined,
        annotations: HEAVY,
        leads: { ...OPEN, ...POST_COPY, progressTimeout: 150 },
      },
    ],
  },
]

// `replace` drops what the file does not hold, our annotations too, so each time the same is filled again, unless the file
// leaves nothing open; an apply leaves alone what it does not name, so there is nothing to fill any more.
const WAYS = {
  apply: { verb: ['apply'], diff: [] },
  'apply --server-side': { verb: ['apply', '--server-side'], diff: ['--server-side'] },
  replace: { verb: ['replace'], diff: [] },
} as const

for (const { era, version, files } of RUNS)
  t.test(`HCO ${era}, ${version}`, async t => {
    await renew(era)
    for (const file of files)
      for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[])
        await t.test(`${file.what}, by ${way}`, t => staysPut(t, version, file, way))
  })

const TIMES = 20

async function staysPut(t: Test, version: ApiVersion, file: File, way: keyof typeof WAYS) {
  const { verb, diff } = WAYS[way]
  const manifest = withSettings(version, file.settings, file.annotations)
  await clear()
  const first = file.first && withSettings(version, file.first, file.annotations)
  if (way === 'replace') await succeeds(t, ['create'], first ?? manifest)
  else if (first) await succeeds(t, verb, first)
  await succeeds(t, verb, manifest)
  const once = await stored()
  const byReplace = way === 'replace' ? file.leadsByReplace : undefined
  t.match(settingsOf(once), byReplace ?? file.leads)
  const { patches, metric } = await filledSoFar()
  await succeeds(t, verb, manifest)
  const before = await stored()
  t.strictSame(before?.spec, once?.spec, 'the second time changes nothing of the settings')
  // The first time over another file, a replace leaves a note of what it put back in our annotations, once.
  if (way !== 'replace') t.strictSame(before, once)

  await succeeds(t, verb, repeated(manifest, TIMES - 2))
  const after = await stored()
  t.strictSame(after?.spec, before?.spec)
  t.strictSame(after?.metadata.annotations, before?.metadata.annotations)
  t.equal(after?.metadata.generation, before?.metadata.generation)
  if (way !== 'replace') t.strictSame(after, before)
  const later = await filledSoFar()
  if (way !== 'replace' || file.full)
    t.same(later, { patches, metric }, 'nothing was filled a second time')
  else t.equal(later.patches - patches, TIMES - 1, 'each time the same is filled')
  const { code, stdout } = await bring(cluster, ['diff', ...diff], manifest)
  t.same({ code, stdout }, { code: 0, stdout: '' })
}

async function succeeds(
  t: Test,
  verb: readonly string[],
  manifest: object & { items?: readonly object[] },
) {
  const { code, stdout, stderr } = await bring(cluster, verb, manifest)
  t.equal(code, 0, stderr)
  const count = manifest.items?.length ?? 1
  t.equal(stdout.match(/\n/g)?.length, count, 'kubectl tells of each time')
}

/** kubectl brings each item of a list by itself, one after the other: as often as it stands there. */
function repeated(manifest: KubernetesObject, times = TIMES) {
  return { apiVersion: 'v1', kind: 'List', items: Array.from({ length: times }, () => manifest) }
}

async function filledSoFar() {
  const patches = decisions(guard, 'mutate').filter(each => Object.keys(each.filled).length > 0)
  const metric = sumOf(await guard.metrics(), 'migration_guard_filled_fields_total')
  return { patches: patches.length, metric }
}

/** Somebody who applies a file of his own. */
type Manager = {
  readonly apply: (t: Test, manifest: KubernetesObject, times: number) => Promise<void>
  /** Whether another time would change something. */
  readonly diff: (t: Test, manifest: KubernetesObject) => Promise<void>
}

function byKubectl(...flags: readonly string[]): Manager {
  return {
    apply: (t, manifest, times) => succeeds(t, ['apply', ...flags], repeated(manifest, times)),
    diff: async (t, manifest) => {
      const { code, stdout, stderr } = await bring(cluster, ['diff', ...flags], manifest)
      t.same({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' })
    },
  }
}

// As a controller does that applies server-side: it takes over nothing of what others applied client-side, which kubectl
// would do, and insists on its own, as whoever created the object client-side owns the defaults, too.
const byController: Manager = {
  apply: async (t, manifest, times) => {
    for (let time = 0; time < times; time++)
      t.equal((await applied(manifest)).status, 200, `time ${time}`)
  },
  diff: async (t, manifest) => {
    const { body } = await applied(manifest, '&dryRun=All')
    t.strictSame(body, (await cluster.request('GET', `${PATH}/${manifest.metadata.name}`)).body)
  },
}

function applied(manifest: KubernetesObject, more = '') {
  const query = `?fieldManager=controller&force=true${more}`
  const type = { 'content-type': 'application/apply-patch+yaml' }
  return cluster.request('PATCH', `${PATH}/${manifest.metadata.name}${query}`, manifest, type)
}

const byServer = (name: string) => byKubectl('--server-side', `--field-manager=${name}`)
const PAIRS: readonly { readonly how: string; readonly one: Manager; readonly two: Manager }[] = [
  { how: 'both server-side', one: byServer('one'), two: byServer('two') },
  { how: 'one client-side, one server-side', one: byKubectl(), two: byController },
]

for (const { how, one, two } of PAIRS)
  t.test(
    `two managers that each name fields of their own, ${how}, leave each other alone`,
    async t => {
      await clear()
      const first = withSettings('v1', { progressTimeout: 600 })
      const second = withSettings('v1', { parallelMigrationsPerCluster: 3 }, HEAVY)
      await one.apply(t, first, 1)
      await two.apply(t, second, 1)
      const before = await stored()
      const leads = { ...OPEN, ...POST_COPY, progressTimeout: 600, parallelMigrationsPerCluster: 3 }
      t.match(settingsOf(before), leads)
      const filled = await filledSoFar()
      for (let round = 0; round < 2; round++) {
        await one.apply(t, first, TIMES / 2)
        await two.apply(t, second, TIMES / 2)
      }
      t.strictSame(await stored(), before)
      await one.diff(t, first)
      await two.diff(t, second)
      t.same(await filledSoFar(), filled)
    },
  )

t.test('what a person edits beside the file is neither undone by it nor by filling', async t => {
  await clear()
  const file = withSettings('v1', { progressTimeout: 600 }, HEAVY)
  await succeeds(t, ['apply'], file)
  const change = ['allowPostCopy: true', 'allowPostCopy: false'] as const
  const { code, stderr } = await kubectlEdit(cluster, [resourceIn('v1')], [change])
  t.equal(code, 0, stderr)
  const before = await stored()
  t.match(settingsOf(before), { allowPostCopy: false, progressTimeout: 600 })
  await succeeds(t, ['apply'], repeated(file))
  t.strictSame(await stored(), before)
  const next = withSettings('v1', { progressTimeout: 900 }, HEAVY)
  await succeeds(t, ['apply'], repeated(next))
  const after = { ...(settingsOf(before) as Settings), progressTimeout: 900 }
  t.strictSame(settingsOf(await stored()), after)
})
