import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCli } from './support/run-cli.ts'

const FOLDER = fileURLToPath(new URL('../../examples/manifests/', import.meta.url))

type Case = readonly [
  args: readonly string[],
  code: number,
  findings: readonly string[],
  filled: readonly string[],
]

// Every example says in its first lines what becomes of it; this holds it to that.
const EXAMPLES: Readonly<Record<string, readonly Case[]>> = {
  'heavy-recipe-v1beta1.yaml': [
    [['--hco-version', '1.17', '--strict'], 0, [], []],
    [['--hco-version', '1.20', '--strict'], 0, [], ['allowWorkloadDisruption']],
    [
      ['--hco-version', '1.17', '--facts', `${FOLDER}facts.yaml`],
      1,
      ['deny post-copy-critical-data'],
      [],
    ],
  ],
  'heavy-recipe-v1.yaml': [
    [['--hco-version', '1.20', '--strict'], 0, [], []],
    [['--strict'], 0, [], []],
  ],
  'parallel-20.yaml': [
    [
      ['--hco-version', '1.17'],
      1,
      ['deny parallel-migrations-too-high', 'warn completion-timeout-long'],
      ['bandwidthPerMigration', 'parallelOutboundMigrationsPerNode', 'allowPostCopy'],
    ],
  ],
  'exception.yaml': [
    [
      ['--user', 'alice', '--approver', 'alice', '--strict'],
      0,
      ['excused parallel-migrations-too-high'],
      [],
    ],
    [[], 1, ['deny exception-unauthorised', 'deny parallel-migrations-too-high'], []],
    [
      ['--user', 'alice', '--approver', 'alice', '--now', '2026-12-01T00:00:00Z'],
      1,
      ['deny exception-invalid', 'deny parallel-migrations-too-high'],
      [],
    ],
  ],
  'migration-policy.yaml': [
    [['--strict'], 0, [], []],
    [['--facts', `${FOLDER}facts.yaml`, '--strict'], 0, [], []],
  ],
}

t.test('each example is judged as it says', async t => {
  for (const [file, cases] of Object.entries(EXAMPLES))
    for (const [args, expected, findings, filled] of cases) {
      const { code, out } = await runCli(['check', `${FOLDER}${file}`, ...args, '-o', 'json'])
      const [object] = JSON.parse(out).objects
      const name = [file, ...args].join(' ')
      t.equal(code, expected, name)
      t.same(
        object.findings.map(({ effect, rule }: Record<string, string>) => `${effect} ${rule}`),
        findings,
        name,
      )
      t.same(
        object.filled.map(({ field }: { field: string }) => field.split('.').at(-1)),
        filled,
        name,
      )
    }
})

t.test('the example policy protects the VMs of the example facts', async t => {
  const files = ['heavy-recipe-v1beta1.yaml', 'migration-policy.yaml'].map(file => FOLDER + file)
  const { code } = await runCli([
    'check',
    ...files,
    ...['--facts', `${FOLDER}facts.yaml`, '--hco-version', '1.17', '--strict'],
  ])
  t.equal(code, 0)
})

t.test('no example is without a test', async t => {
  t.same(readdirSync(FOLDER).sort(), [...Object.keys(EXAMPLES), 'facts.yaml'].sort())
})
