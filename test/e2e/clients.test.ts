import t, { type Test } from 'tap'
import { type ApiVersion, DEFAULTS } from '../../src/control-plane/crds/eras.ts'
import { BASE, RUNS, type Run, suggests } from './support/client-runs.ts'
import { bring, CLIENTS, type Client, POINTERS, patch, withSettings } from './support/clients.ts'
import { kubectlEdit } from './support/edit.ts'
import { decisions, startGuarded } from './support/guarded.ts'
import { resourceIn, settingsOf } from './support/objects.ts'
import { DECLARE_STANDARD, filled, inAWeek, tooManyInParallel, warnings } from './support/said.ts'

// Every way in which kubectl writes: what is filled, warned of, refused or left alone, what the person reads, and what etcd
// holds afterwards.
const { cluster, guard, stored, renew, clear } = await startGuarded(t, '1.4')

for (const run of RUNS)
  t.test(`HCO ${run.era}, ${run.version}`, async t => {
    await renew(run.era)
    const { clients } = run
    for (const client of CLIENTS.filter(({ what }) => clients?.includes(what) ?? true))
      await t.test(client.what, async t => {
        await clear()
        const began = await client.begin?.(cluster, run.version, BASE)
        if (began) t.equal(began.stderr, warnings(...run.fillings, ...suggests(run)))
        await refuses(t, run, client)
        await fillsAndWarns(t, run, client)
      })
    await clear()
    await bring(cluster, ['create'], withSettings(run.version, BASE))
    const stock = DEFAULTS[run.era].bandwidthPerMigration
    if (stock === undefined)
      await t.test('what is removed is filled again', t => fillsAgain(t, run))
    else await t.test('what is removed is the default again, by a wish', t => keeps(t, run, stock))
    if (clients) return
    await t.test('what is not guarded is left alone', t => leavesAlone(t, run))
    await t.test('annotate, with a declaration', t => fillsByDeclaration(t, run))
    await t.test('annotate, with a patch of what HCO makes', t => refusesAnnotation(t, run))
    await t.test('delete', async t => {
      const { code, stderr } = await cluster.kubectl(['delete', resourceIn(run.version)])
      t.same({ code, stderr }, { code: 0, stderr: '' })
      t.equal(await stored(), undefined)
    })
  })

const EVENTS: Readonly<Record<string, string>> = {
  create: 'created',
  edit: 'edited',
  apply: 'configured',
  'apply --server-side': 'serverside-applied',
  replace: 'replaced',
}

// These bring the whole object, so what they leave out is open each time.
const WHOLE: readonly string[] = ['create', 'replace']

async function fillsAndWarns(t: Test, run: Run, client: Client) {
  const low = { progressTimeout: 60 }
  const { code, stdout, stderr } = await client.change(cluster, run.version, low, BASE)
  t.equal(code, 0)
  const event = EVENTS[client.what] ?? 'patched'
  t.equal(stdout, `hyperconverged.hco.kubevirt.io/kubevirt-hyperconverged ${event}\n`)
  const again = WHOLE.includes(client.what) ? run.fillings : []
  t.equal(
    stderr,
    warnings(
      ...[...again, ...suggests(run)],
      `[progress-timeout-low] ${run.path}.progressTimeout is 60: a large VM that makes no progress for 60 seconds is given up. It might have finished with more patience. Fix: set progressTimeout to 150 or more`,
    ),
  )
  t.strictSame(settingsOf(await stored()), { ...run.settings, ...low })
  t.equal((await stored())?.metadata.annotations?.['migration-guard.io/filled'], run.record)
}

const FORBIDDEN = 'Error from server (Forbidden): '
// What kubectl writes in front of what the server said.
const REFUSED: Readonly<Record<string, string>> = {
  create: `${FORBIDDEN}error when creating "STDIN": `,
  edit: 'error: hyperconvergeds.hco.kubevirt.io "kubevirt-hyperconverged" could not be patched: ',
  apply: `${FORBIDDEN}error when applying patch:\nPATCH\nfor: "STDIN": error when patching "STDIN": `,
  replace: `${FORBIDDEN}error when replacing "STDIN": `,
}

async function refuses(t: Test, run: Run, client: Client) {
  const before = await stored()
  const high = { parallelMigrationsPerCluster: 60 }
  const { code, stdout, stderr } = await client.change(cluster, run.version, high, BASE)
  t.equal(code, 1)
  t.equal(stdout, '')
  const what = `${run.path}.parallelMigrationsPerCluster is`
  const words = [what, 'assumed: no VM runs yet', DECLARE_STANDARD, inAWeek(stderr)] as const
  const again = WHOLE.includes(client.what) ? run.fillings : []
  const wanted = [
    warnings(...again, ...suggests(run)),
    ...[REFUSED[client.what] ?? FORBIDDEN, tooManyInParallel(...words)],
    client.what === 'edit'
      ? 'You can run `kubectl replace -f FILE` to try this update again.\n'
      : '',
  ]
  const shown = stderr
    .replace(/(?<=applying patch:\n)\{.*\}\nto:\nResource: .*\nName: .*(?=\nfor: )/, 'PATCH')
    .replace(/(?<=replace -f )\S+\/kubectl-edit-\d+\.yaml/, 'FILE')
  t.equal(shown, wanted.join(''))
  t.strictSame(await stored(), before)
}

async function fillsAgain(t: Test, run: Run) {
  for (const act of removals(run.version)) {
    const { code, stderr } = await act()
    t.equal(code, 0)
    t.equal(stderr, warnings(run.fillings[0] ?? '', ...suggests(run)))
    t.strictSame(settingsOf(await stored()), run.settings)
  }
}

// Where the CRD has a default for it, the API server has put that in before the guard hears of it.
async function keeps(t: Test, run: Run, stock: unknown) {
  const back = `bandwidthPerMigration is back at ${JSON.stringify(stock)}, its default`
  const kept = `${back}, which is kept as your wish: recorded in migration-guard.io/pinned`
  for (const [index, act] of removals(run.version).entries()) {
    const { code, stderr } = await act()
    t.equal(code, 0)
    t.equal(stderr, index === 0 ? warnings(kept) : '', 'told when it is recorded, not again')
    const object = await stored()
    t.strictSame(settingsOf(object), { ...run.settings, bandwidthPerMigration: stock })
    const pinned = object?.metadata.annotations?.['migration-guard.io/pinned']
    t.equal(pinned, 'bandwidthPerMigration')
  }
}

function removals(version: ApiVersion) {
  const path = `${POINTERS[version]}/bandwidthPerMigration`
  const nothing = withSettings(version, { bandwidthPerMigration: null }).spec as object
  return [
    () => kubectlEdit(cluster, [resourceIn(version)], [[LINE, `# ${LINE}`]]),
    () => patch(cluster, version, 'json', [{ op: 'remove', path }]),
    () => patch(cluster, version, 'merge', { spec: nothing }),
  ]
}

const LINE = 'bandwidthPerMigration: 0Mi'

const READY = 'phase: Ready'

async function leavesAlone(t: Test, { version }: Run) {
  const resource = resourceIn(version)
  const status = { status: { phase: 'Deployed' } }
  const before = await stored()
  const heard = guard.records().length
  const ways = {
    label: () => cluster.kubectl(['label', resource, 'a=b']),
    annotate: () => cluster.kubectl(['annotate', resource, 'example.com/a=b']),
    'edit of a label': () => kubectlEdit(cluster, [resource], [['    a: b', '    a: c']]),
    'patch --subresource=status': () =>
      patch(cluster, version, 'merge', status, '--subresource=status'),
    'edit --subresource=status': () =>
      kubectlEdit(cluster, [resource, '--subresource=status'], [['phase: Deployed', READY]]),
  }
  for (const [what, act] of Object.entries(ways)) {
    const { code, stderr } = await act()
    t.same({ code, stderr }, { code: 0, stderr: '' }, what)
  }
  const after = await stored()
  t.match(after, {
    status: { phase: 'Ready' },
    metadata: { labels: { a: 'c' }, annotations: { 'example.com/a': 'b' } },
  })
  t.strictSame(after?.spec, before?.spec)
  t.equal(guard.records().length, heard, 'the guard was not even asked')
}

const HEAVY = 'migration-guard.io/workload-profile=heavy'

async function fillsByDeclaration(t: Test, { version, settings, postCopy }: Run) {
  const { code, stderr } = await cluster.kubectl(['annotate', resourceIn(version), HEAVY])
  t.equal(code, 0)
  const said = Object.keys(postCopy).map(name => filled(name, true, false, 'declared'))
  t.equal(stderr, warnings(...said))
  t.strictSame(settingsOf(await stored()), { ...settings, ...postCopy })
  t.match(decisions(guard, 'mutate').at(-1)?.filled, postCopy)
}

const JSON_PATCH = JSON.stringify([
  {
    ...{ op: 'add', path: '/spec/configuration/migrations/parallelMigrationsPerCluster' },
    value: 60,
  },
])

async function refusesAnnotation(t: Test, { version }: Run) {
  const before = await stored()
  const annotation = `kubevirt.kubevirt.io/jsonpatch=${JSON_PATCH}`
  const { code, stderr } = await cluster.kubectl(['annotate', resourceIn(version), annotation])
  t.equal(code, 1)
  const what =
    'metadata.annotations[kubevirt.kubevirt.io/jsonpatch] makes parallelMigrationsPerCluster'
  const words = [what, 'declared by annotation', '', inAWeek(stderr)] as const
  t.equal(stderr, `${FORBIDDEN}${tooManyInParallel(...words)}`)
  t.strictSame(await stored(), before)
}
