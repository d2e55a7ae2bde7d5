import { readFileSync } from 'node:fs'
import t from 'tap'
import { inFolder, runCli } from './support/run-cli.ts'

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

// A cluster in which nothing speaks against post copy, so that all is filled.
const NO_VMS = 'kind: VirtualMachineInstanceList\nitems: []\n'

t.test('--fix changes what it has to and no other byte, and nothing the second time', async t => {
  const args = ['check', 'a.yaml', '--fix', '--hco-version', '1.17', '--facts', 'facts.yaml']
  for (const [name, before, after] of FIXES) {
    for (const mark of ['', '\ufeff']) {
      inFolder(t, { 'a.yaml': mark + before, 'facts.yaml': NO_VMS })
      const first = await runCli(args)
      t.equal(readFileSync('a.yaml', 'utf8'), mark + after, name)
      t.match(first, { code: 0, err: '' }, name)
      const second = await runCli(args)
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
