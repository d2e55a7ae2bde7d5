import { readFileSync, statSync } from 'node:fs'
import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn, inFolder, runCli } from './support/run-cli.ts'

const HEAD = `apiVersion: hco.kubevirt.io/v1beta1
kind: HyperConverged
metadata:
  name: a
  annotations: {migration-guard.io/workload-profile: heavy}
`

// Each is corrected to exactly this, byte for byte.
const FIXES: readonly (readonly [name: string, before: string, after: string])[] = [
  [
    'comments, order, quotes and blank lines stay',
    `# top\n${HEAD}spec:   # the spec
    featureGates: { "x": true }

    liveMigrationConfig:
        # drains take too long
        parallelMigrationsPerCluster: 20    # was 5

        completionTimeoutPerGiB: 800
        # after the last
    evictionStrategy: 'LiveMigrate'
# end
`,
    `# top\n${HEAD}spec:   # the spec
    featureGates: { "x": true }

    liveMigrationConfig:
        # drains take too long
        parallelMigrationsPerCluster: 5    # was 5

        completionTimeoutPerGiB: 150
        bandwidthPerMigration: 0Mi
        parallelOutboundMigrationsPerNode: 1
        allowPostCopy: true
        # after the last
    evictionStrategy: 'LiveMigrate'
# end
`,
  ],
  [
    'a spec without settings gets them',
    `${HEAD}spec:\n  evictionStrategy: LiveMigrate\n  # none yet\nstatus: {}\n`,
    `${HEAD}spec:
  evictionStrategy: LiveMigrate
  liveMigrationConfig:
    bandwidthPerMigration: 0Mi
    parallelOutboundMigrationsPerNode: 1
    allowPostCopy: true
  # none yet
status: {}
`,
  ],
  [
    'an empty spec gets them',
    `${HEAD}spec:\n`,
    `${HEAD}spec:
  liveMigrationConfig:
    bandwidthPerMigration: 0Mi
    parallelOutboundMigrationsPerNode: 1
    allowPostCopy: true
`,
  ],
  [
    'null is no obstacle, nor is a missing last line end',
    `${HEAD}spec:\n  liveMigrationConfig: ~ # later`,
    `${HEAD}spec:
  liveMigrationConfig: # later
    bandwidthPerMigration: 0Mi
    parallelOutboundMigrationsPerNode: 1
    allowPostCopy: true`,
  ],
  [
    'an object without a spec gets one',
    HEAD,
    `${HEAD}spec:
  liveMigrationConfig:
    bandwidthPerMigration: 0Mi
    parallelOutboundMigrationsPerNode: 1
    allowPostCopy: true
`,
  ],
  [
    'braces stay braces',
    `${HEAD}spec: {liveMigrationConfig: {parallelMigrationsPerCluster: 20}}\n`,
    `${HEAD}spec: {liveMigrationConfig: {parallelMigrationsPerCluster: 5, bandwidthPerMigration: 0Mi, parallelOutboundMigrationsPerNode: 1, allowPostCopy: true}}\n`,
  ],
  [
    'empty braces too',
    `${HEAD}spec: {}\n`,
    `${HEAD}spec: { liveMigrationConfig: { bandwidthPerMigration: 0Mi, parallelOutboundMigrationsPerNode: 1, allowPostCopy: true } }\n`,
  ],
  [
    'what is in quotes and can only be a number loses them',
    `${HEAD}spec:
  liveMigrationConfig:
    parallelMigrationsPerCluster: "5"
    allowPostCopy: false
    bandwidthPerMigration: "0"
    parallelOutboundMigrationsPerNode: 1
`,
    `${HEAD}spec:
  liveMigrationConfig:
    parallelMigrationsPerCluster: 5
    allowPostCopy: false
    bandwidthPerMigration: "0"
    parallelOutboundMigrationsPerNode: 1
`,
  ],
  [
    'a setting without a value gets one',
    `${HEAD}spec:\n  liveMigrationConfig:\n    allowPostCopy:\n    bandwidthPerMigration: 0Mi\n`,
    `${HEAD}spec:\n  liveMigrationConfig:\n    allowPostCopy: true\n    bandwidthPerMigration: 0Mi\n    parallelOutboundMigrationsPerNode: 1\n`,
  ],
  [
    'line ends of Windows stay',
    `${HEAD}spec:\n  liveMigrationConfig:\n    allowPostCopy: false\n`.replaceAll('\n', '\r\n'),
    `${HEAD}spec:\n  liveMigrationConfig:\n    allowPostCopy: false\n    bandwidthPerMigration: 0Mi\n    parallelOutboundMigrationsPerNode: 1\n`.replaceAll(
      '\n',
      '\r\n',
    ),
  ],
  [
    'each document and each item of a List is corrected, whatever stands between them',
    `kind: ConfigMap
data:
  text: |
    parallelMigrationsPerCluster: 20

---
kind: List
items:
- apiVersion: hco.kubevirt.io/v1
  kind: HyperConverged
  metadata: {name: a}
  spec:
    virtualization:
      liveMigrationConfig:
        parallelMigrationsPerCluster: 20
- kind: Other
`,
    `kind: ConfigMap
data:
  text: |
    parallelMigrationsPerCluster: 20

---
kind: List
items:
- apiVersion: hco.kubevirt.io/v1
  kind: HyperConverged
  metadata: {name: a}
  spec:
    virtualization:
      liveMigrationConfig:
        parallelMigrationsPerCluster: 5
        bandwidthPerMigration: 0Mi
        parallelOutboundMigrationsPerNode: 1
- kind: Other
`,
  ],
]

t.test('--fix changes what it has to and no other byte, and nothing the second time', async t => {
  for (const [name, before, after] of FIXES) {
    for (const mark of ['', '\ufeff']) {
      inFolder(t, { 'a.yaml': mark + before })
      const first = await runCli(['check', 'a.yaml', '--fix', '--hco-version', '1.17'])
      t.equal(readFileSync('a.yaml', 'utf8'), mark + after, name)
      t.match(first, { code: 0, err: '' }, name)
      const second = await runCli(['check', 'a.yaml', '--fix', '--hco-version', '1.17'])
      t.equal(readFileSync('a.yaml', 'utf8'), mark + after, `${name}, twice`)
      t.notMatch(second.out, /written/)
    }
  }
})

t.test('JSON stays JSON', async t => {
  const object = {
    apiVersion: 'hco.kubevirt.io/v1beta1',
    kind: 'HyperConverged',
    metadata: { name: 'a' },
    spec: { liveMigrationConfig: { parallelMigrationsPerCluster: 20 } },
  }
  const settings = {
    parallelMigrationsPerCluster: 5,
    bandwidthPerMigration: '0Mi',
    parallelOutboundMigrationsPerNode: 1,
  }
  const fixed = { ...object, spec: { liveMigrationConfig: settings } }
  for (const indent of [0, 2]) {
    inFolder(t, { 'a.json': JSON.stringify(object, null, indent) })
    t.equal((await runCli(['check', 'a.json', '--fix'])).code, 0)
    const text = readFileSync('a.json', 'utf8')
    t.same(JSON.parse(text), fixed)
    if (indent > 0) t.equal(text, JSON.stringify(fixed, null, indent))
  }
})

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

t.test('the exit code is that of what remains', async t => {
  const settings = { ...CLEAN, parallelMigrationsPerCluster: 20, network: 'a,b' }
  const { code, out } = await checkIn(t, { 'a.yaml': hyperConverged(settings) }, [
    'a.yaml',
    '--fix',
  ])
  t.equal(code, 1)
  t.match(out, /parallelMigrationsPerCluster: 20 -> 5\n/)
  t.match(out, /deny {4}a.yaml:16:5\n {10}\[network-invalid\]/)
  t.notMatch(out, /deny.*\n.*parallel-migrations-too-high/)
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
  const text = `${HEAD}spec:
  liveMigrationConfig: &settings
    parallelMigrationsPerCluster: 20
---
kind: List
items:
  - *settings
`.replace('---\nkind: List\nitems:\n  - *settings\n', '  copy: *settings\n')
  const { code } = await checkIn(t, { 'a.yaml': text }, ['a.yaml', '--fix'])
  t.equal(readFileSync('a.yaml', 'utf8'), text)
  t.equal(code, 1)
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
