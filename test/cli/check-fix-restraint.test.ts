import { readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn, inFolder, runCli } from './support/run-cli.ts'

// What asks for a decision stays as it is and is still reported.
const LEFT: readonly (readonly [name: string, settings: Readonly<Record<string, unknown>>])[] = [
  ['post copy where critical data is', { ...CLEAN, allowPostCopy: true }],
  ['migrations switched off', { ...CLEAN, parallelMigrationsPerCluster: 0 }],
  ['a unit that may have been meant otherwise', { ...CLEAN, bandwidthPerMigration: '64m' }],
  ['a bandwidth without a unit', { ...CLEAN, bandwidthPerMigration: 64 }],
  ['a switch in quotes', { ...CLEAN, allowPostCopy: 'true' }],
  ['text that is no number', { ...CLEAN, progressTimeout: 'long' }],
  ['a network that is no name', { ...CLEAN, network: 'a,b' }],
]

t.test('--fix leaves to the author what the author has to decide', async t => {
  for (const [name, settings] of LEFT) {
    const text = hyperConverged(settings, { 'migration-guard.io/data': 'critical' })
    const { code } = await checkIn(t, { 'a.yaml': text }, ['a.yaml', '--fix'])
    t.equal(readFileSync('a.yaml', 'utf8'), text, name)
    t.equal(code, 1, name)
  }
})

t.test(
  'without --facts post copy is left to the author, as nobody knows what it endangers',
  async t => {
    const args = ['a.yaml', '--fix', '--hco-version', '1.20']
    const bare = hyperConverged({ parallelMigrationsPerCluster: 5 }).replace('v1beta1', 'v1')
    const v1 = bare.replace(
      / {2}liveMigrationConfig:\n.*\n/,
      '  virtualization:\n    liveMigrationConfig:\n      parallelMigrationsPerCluster: 5\n',
    )
    const { code, out } = await checkIn(t, { 'a.yaml': v1 }, args)
    t.equal(code, 0)
    const written = readFileSync('a.yaml', 'utf8')
    t.notMatch(written, /allow/)
    for (const name of ['allowPostCopy', 'allowWorkloadDisruption'])
      t.match(
        out,
        new RegExp(`  !       \\S+${name}\n {10}not written: true is left for you to decide:`),
      )
    t.match(
      out,
      /post copy is filled in only where it endangers no VM; whether the\s+network is stable/,
    )
    const critical = `kind: VirtualMachineInstance
metadata: {name: ledger, namespace: databases, labels: {migration-guard.io/data: critical}}
`
    const files = { 'a.yaml': written, 'facts.yaml': critical }
    const known = await checkIn(t, files, [...args, '--facts', 'facts.yaml'])
    t.equal(known.code, 0, 'so that the cluster accepts what came out')
    t.notMatch(readFileSync('a.yaml', 'utf8'), /allow/)
    const safe = { 'a.yaml': v1, 'facts.yaml': 'kind: VirtualMachineInstanceList\nitems: []\n' }
    await checkIn(t, safe, [...args, '--facts', 'facts.yaml'])
    t.match(
      readFileSync('a.yaml', 'utf8'),
      /allowPostCopy: true\n +allowWorkloadDisruption: true\n/,
      'known facts decide it',
    )
  },
)

t.test('the exit code is that of what remains', async t => {
  const settings = { ...CLEAN, parallelMigrationsPerCluster: 20, network: 'a,b' }
  const { code, out } = await checkIn(t, { 'a.yaml': hyperConverged(settings) }, [
    'a.yaml',
    '--fix',
  ])
  t.equal(code, 1)
  t.match(out, /parallelMigrationsPerCluster: 20 -> 5\n/)
  t.match(out, /deny {4}a\.yaml:16:5 \[network-invalid\]\n/)
  t.notMatch(out, /deny.*parallel-migrations-too-high/)
})

t.test('limits of the policy are what a value is lowered to', async t => {
  const policy = `apiVersion: migration-guard.io/v1alpha1
kind: MigrationGuardPolicy
rules:
  parallel-migrations-too-high: {limits: {heavy: {deny: 8, warn: 3}}}
`
  const settings = {
    ...CLEAN,
    parallelMigrationsPerCluster: 20,
    parallelOutboundMigrationsPerNode: 2,
  }
  const files = { 'a.yaml': hyperConverged(settings), 'policy.yaml': policy }
  const { code } = await checkIn(t, files, ['a.yaml', '--fix', '--policy', 'policy.yaml'])
  t.match(
    readFileSync('a.yaml', 'utf8'),
    /PerCluster: 3\n {4}parallelOutboundMigrationsPerNode: 1\n/,
  )
  t.equal(code, 0)
})

t.test('an exception that holds is no reason to change the value', async t => {
  const settings = { ...CLEAN, parallelMigrationsPerCluster: 20 }
  const text = hyperConverged(settings, {
    'exception.migration-guard.io/parallel-migrations-too-high':
      '{"reason": "moving to the new data centre", "expires": "2026-11-30"}',
  })
  const args = ['a.yaml', '--fix', '--user', 'alice', '--approver', 'alice']
  t.equal((await checkIn(t, { 'a.yaml': text }, args)).code, 0)
  t.equal(readFileSync('a.yaml', 'utf8'), text)
})

t.test('a file in which anything cannot be read is not touched', async t => {
  const text = `${hyperConverged({ parallelMigrationsPerCluster: 20 })}---\na: [\n`
  const { code } = await checkIn(t, { 'a.yaml': text }, ['a.yaml', '--fix'])
  t.equal(readFileSync('a.yaml', 'utf8'), text)
  t.equal(code, 3)
})

t.test('settings that two places share are not changed for one of them', async t => {
  const text = `apiVersion: hco.kubevirt.io/v1beta1
kind: HyperConverged
metadata: {name: a}
spec:
  liveMigrationConfig: &settings
    parallelMigrationsPerCluster: 20
  copy: *settings
`
  const { code, out } = await checkIn(t, { 'a.yaml': text }, ['a.yaml', '--fix'])
  t.equal(readFileSync('a.yaml', 'utf8'), text)
  t.equal(code, 1)
  t.match(out, /not written: something else in the file would change with it\n/)
})

t.test('what cannot be corrected is named with the reason, and whose it is', async t => {
  const one = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 })
  const two = one
    .replace('kubevirt-hyperconverged', 'other')
    .replace(': 20', ': *many')
    .replace(/^/, 'x-many: &many 20\n')
  const files = { 'a.yaml': `${one}---\n${two}` }
  const { out } = await checkIn(t, files, ['a.yaml', '--fix'])
  t.match(readFileSync('a.yaml', 'utf8'), /PerCluster: 5\n[\s\S]*PerCluster: \*many\n/)
  const field = 'spec.liveMigrationConfig.parallelMigrationsPerCluster'
  const head = out.slice(0, out.indexOf('\n\n'))
  t.match(head, `HyperConverged openshift-cnv/kubevirt-hyperconverged ${field}: 20 -> 5\n`)
  t.match(
    head,
    `HyperConverged openshift-cnv/other ${field}\n          not written: the value is an alias`,
  )
  const { out: json } = await checkIn(t, files, ['a.yaml', '--fix', '-o', 'json'])
  const object = 'HyperConverged openshift-cnv/other'
  t.match(JSON.parse(json).fixed, [
    { changes: [{}], uncorrected: [{ object, field, reason: 'the value is an alias' }] },
  ])
  const behind = `x: &x {parallelMigrationsPerCluster: 20}\n${hyperConverged({}).trimEnd()} *x\n`
  const { out: whole } = await checkIn(t, { 'a.yaml': behind }, ['a.yaml', '--fix'])
  t.match(whole, /^a\.yaml: 0 values written\n[\s\S]*not written: it stands behind an alias\n/)
})

t.test('a file without anything to correct is not written', async t => {
  inFolder(t, { 'a.yaml': hyperConverged(CLEAN) })
  const before = statSync('a.yaml').mtimeMs
  await runCli(['check', 'a.yaml', '--fix'])
  t.equal(statSync('a.yaml').mtimeMs, before)
})

t.test('standard input is corrected to standard output, with the report beside it', async t => {
  const text = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 })
  const fixed = await checkIn(t, {}, ['-', '--fix'], { stdin: text })
  t.equal(fixed.out, text.replace(': 20', ': 5'))
  t.match(fixed.err, /^<stdin>: 1 value written\n {2}~ {7}.*: 20 -> 5\n/)
  t.equal(fixed.code, 0)
  const same = await checkIn(t, {}, ['-', '--fix'], { stdin: hyperConverged(CLEAN) })
  t.equal(same.out, hyperConverged(CLEAN))
  const broken = await checkIn(t, {}, ['-', '--fix'], { stdin: 'a: [' })
  t.match(broken, { out: '', code: 3 })
})

t.test('recorded reviews are evidence and are never changed', async t => {
  const review = new URL(
    '../fixtures/admission-reviews/1.20-v1/patch-merge-parallel-20.json',
    import.meta.url,
  )
  const text = readFileSync(review, 'utf8')
  const { code } = await checkIn(t, { 'a.json': text }, ['a.json', '--fix'])
  t.equal(readFileSync('a.json', 'utf8'), text)
  t.equal(code, 1)
})

t.test('a value with an exception is left alone, whether or not that holds', async t => {
  const settings = {
    ...CLEAN,
    parallelMigrationsPerCluster: 20,
    parallelOutboundMigrationsPerNode: 2,
  }
  for (const expires of ['2026-11-30', '2026-11-01', 'never']) {
    const text = hyperConverged(settings, {
      'exception.migration-guard.io/parallel-migrations-too-high': `{"reason": "moving to the new data centre", "expires": "${expires}"}`,
    })
    const { out } = await checkIn(t, { 'a.yaml': text }, ['a.yaml', '--fix'])
    const corrected = text.replace('PerNode: 2', 'PerNode: 1')
    t.equal(readFileSync('a.yaml', 'utf8'), corrected, expires)
    t.match(out, /not written: an exception for it stands on the object\n/, expires)
  }
})

t.test('settings in the wrong place are named, and get no second block beside them', async t => {
  const v1 = hyperConverged({ parallelMigrationsPerCluster: 20 }).replace('v1beta1', 'v1')
  const { out } = await checkIn(t, { 'a.yaml': v1 }, ['a.yaml', '--fix'])
  t.equal(readFileSync('a.yaml', 'utf8'), v1)
  t.match(out, /^a\.yaml: 0 values written\n {2}! {7}spec\.liveMigrationConfig\n/)
  t.match(
    out,
    /v1 has these settings at\s+spec\.virtualization\.liveMigrationConfig: move them there/,
  )
  const both = `${v1}  virtualization:\n    liveMigrationConfig:\n      parallelMigrationsPerCluster: 20\n`
  await checkIn(t, { 'a.yaml': both }, ['a.yaml', '--fix'])
  t.match(
    readFileSync('a.yaml', 'utf8'),
    /\n {6}parallelMigrationsPerCluster: 5\n/,
    'of two, the right one',
  )
})
