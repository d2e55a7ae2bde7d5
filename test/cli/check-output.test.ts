import { stripVTControlCharacters } from 'node:util'
import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn, runCli } from './support/run-cli.ts'

const ESCAPE = '\u001b'
const OPEN = Object.fromEntries(Object.entries(CLEAN).slice(1))
const FILES = {
  'denied.yaml': hyperConverged({ ...OPEN, parallelMigrationsPerCluster: 20 }),
  'warned.yaml': hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 6 }),
}
const ARGS = ['denied.yaml', 'warned.yaml', '--hco-version', '1.17']

const FIELD = 'spec.liveMigrationConfig.parallelMigrationsPerCluster'
const WHY =
  'So many at once share the network: none keeps up with a busy guest, and all run into the timeout.'
const DENIED = `[parallel-migrations-too-high] ${FIELD} is 20: at most 10 are allowed with heavy workloads (declared by annotation). ${WHY}`
const WARNED = `[parallel-migrations-too-high] ${FIELD} is 6: more than 5 is a lot with heavy workloads (declared by annotation). ${WHY}`
const ANNOTATION = `exception.migration-guard.io/parallel-migrations-too-high: '{"reason":"<reason>","expires":"2026-11-30","bound":{"parallelMigrationsPerCluster":20}}'`
const WAIVER = `someone who may approve it can add the annotation\n    ${ANNOTATION}`
const NAME = 'HyperConverged openshift-cnv/kubevirt-hyperconverged'

t.test('the table is for people with 80 columns', async t => {
  const { code, out, err } = await checkIn(t, FILES, ARGS)
  t.equal(
    out,
    `HyperConverged openshift-cnv/kubevirt-hyperconverged: denied
  file    denied.yaml:1:1 (as CREATE)
  deny    denied.yaml:11:5 [parallel-migrations-too-high]
          spec.liveMigrationConfig.parallelMigrationsPerCluster is 20: at most
          10 are allowed with heavy workloads (declared by annotation). So many
          at once share the network: none keeps up with a busy guest, and all
          run into the timeout.
          fix: set parallelMigrationsPerCluster to 10 or less (guidance: 5)
          exception: someone who may approve it can add the annotation
            ${ANNOTATION}
  fills   spec.liveMigrationConfig.bandwidthPerMigration: 0Mi
          no limit, so that a busy guest can be outrun

HyperConverged openshift-cnv/kubevirt-hyperconverged: allowed
  file    warned.yaml:1:1 (as CREATE)
  warn    warned.yaml:12:5 [parallel-migrations-too-high]
          spec.liveMigrationConfig.parallelMigrationsPerCluster is 6: more than
          5 is a lot with heavy workloads (declared by annotation). So many at
          once share the network: none keeps up with a busy guest, and all run
          into the timeout.
          fix: set parallelMigrationsPerCluster to 5 or less

2 objects in 2 files: 1 denied, 1 warning
`,
  )
  t.equal(err, '')
  t.equal(code, 1)
})

t.test('colour is for terminals that want it, and never changes a word', async t => {
  const plain = (await checkIn(t, FILES, ARGS)).out
  const red = `${ESCAPE}[31mdeny`
  const terminal = (await checkIn(t, FILES, ARGS, { columns: 80 })).out
  t.ok(terminal.includes(red))
  t.equal(stripVTControlCharacters(terminal), plain)
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }])
    t.equal((await checkIn(t, FILES, ARGS, { columns: 80, env })).out, plain)
  t.ok((await checkIn(t, FILES, ARGS, { columns: 80, env: { NO_COLOR: '' } })).out.includes(red))
  const narrow = (await checkIn(t, FILES, ARGS, { columns: 60, env: { NO_COLOR: '1' } })).out
  const longest = narrow.split('\n').filter(line => !line.includes(ANNOTATION))
  t.ok(Math.max(...longest.map(line => line.length)) <= 64, 'as narrow as its longest word')
})

t.test('JSON has everything, in a shape that stays', async t => {
  const { code, out } = await checkIn(t, FILES, [...ARGS, '-o', 'json'])
  const object = {
    source: 'manifest',
    apiVersion: 'hco.kubevirt.io/v1beta1',
    kind: 'HyperConverged',
    namespace: 'openshift-cnv',
    name: 'kubevirt-hyperconverged',
    operation: 'CREATE',
    user: 'the author of the file',
    profile: { name: 'heavy', source: 'declared' },
    notes: [],
  }
  const finding = {
    rule: 'parallel-migrations-too-high',
    change: 'introduced',
    absent: false,
    field: FIELD,
    exception: null,
  }
  t.same(JSON.parse(out), {
    apiVersion: 'migration-guard.io/v1alpha1',
    kind: 'CheckReport',
    version: '0.1.0',
    now: '2026-11-23T12:00:00Z',
    strict: false,
    exitCode: 1,
    summary: {
      files: 2,
      checked: 2,
      denied: 1,
      denials: 1,
      warnings: 1,
      excused: 0,
      audited: 0,
      problems: 0,
    },
    objects: [
      {
        ...object,
        place: { file: 'denied.yaml', line: 1, column: 1 },
        outcome: 'denied',
        findings: [
          {
            ...finding,
            effect: 'deny',
            enforcement: 'deny',
            place: { file: 'denied.yaml', line: 11, column: 5 },
            value: 20,
            text: DENIED,
            fix: 'set parallelMigrationsPerCluster to 10 or less (guidance: 5)',
            waiver: WAIVER,
          },
        ],
        filled: [
          {
            field: 'spec.liveMigrationConfig.bandwidthPerMigration',
            value: '0Mi',
            because: 'no limit, so that a busy guest can be outrun',
          },
        ],
      },
      {
        ...object,
        place: { file: 'warned.yaml', line: 1, column: 1 },
        outcome: 'allowed',
        findings: [
          {
            ...finding,
            effect: 'warn',
            enforcement: 'warn',
            place: { file: 'warned.yaml', line: 12, column: 5 },
            value: 6,
            text: WARNED,
            fix: 'set parallelMigrationsPerCluster to 5 or less',
            waiver: null,
          },
        ],
        filled: [],
      },
    ],
    problems: [],
    facts: [],
    skipped: [],
    fixed: [],
  })
  t.equal(code, 1)
})

t.test('JUnit XML has a suite for each file and a failure for each denial', async t => {
  const xml = (text: string) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  const { out } = await checkIn(t, FILES, [...ARGS, '-o', 'junit'])
  t.equal(
    out,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="migration-guard" tests="2" failures="1" errors="0">
  <testsuite name="denied.yaml" tests="1" failures="1" errors="0">
    <testcase classname="denied.yaml" name="${NAME} parallel-migrations-too-high">
      <failure type="parallel-migrations-too-high" message="denied.yaml:11:5: ${DENIED}">denied.yaml:11:5: ${DENIED}
fix: set parallelMigrationsPerCluster to 10 or less (guidance: 5)
exception: ${xml(WAIVER)}</failure>
      <system-out>fills spec.liveMigrationConfig.bandwidthPerMigration: 0Mi, no limit, so that a busy guest can be outrun</system-out>
    </testcase>
  </testsuite>
  <testsuite name="warned.yaml" tests="1" failures="0" errors="0">
    <testcase classname="warned.yaml" name="${NAME}">
      <system-out>warned.yaml:12:5: ${WARNED}</system-out>
    </testcase>
  </testsuite>
</testsuites>
`,
  )
})

t.test('with --strict warnings are failures of JUnit too', async t => {
  const { code, out } = await checkIn(t, FILES, ['warned.yaml', '--strict', '-o', 'junit'])
  t.match(out, /tests="1" failures="1" errors="0"/)
  t.equal(code, 2)
})

t.test('GitHub gets one annotation a line', async t => {
  const { out } = await checkIn(t, FILES, [...ARGS, '-o', 'github'])
  const title = `title=parallel-migrations-too-high%3A ${NAME}`
  t.equal(
    out,
    `::error file=denied.yaml,line=11,col=5,${title}::${DENIED}%0Afix: set parallelMigrationsPerCluster to 10 or less (guidance: 5)%0Aexception: ${WAIVER.replace('\n', '%0A')}
::warning file=warned.yaml,line=12,col=5,${title}::${WARNED}%0Afix: set parallelMigrationsPerCluster to 5 or less
2 objects in 2 files: 1 denied, 1 warning
`,
  )
})

t.test('--quiet shows what fails the run and nothing else', async t => {
  const quiet = await checkIn(t, FILES, [...ARGS, '-q'])
  t.match(quiet.out, /^HyperConverged .*: denied\n/)
  t.notMatch(quiet.out, /warned.yaml|fills|note/)
  t.match(quiet.out, /\n2 objects in 2 files: 1 denied, 1 warning\n$/)
  t.same(await runCli(['check', 'warned.yaml', '--quiet']), { code: 0, out: '', err: '' })
  const strict = await runCli(['check', 'warned.yaml', '--quiet', '--strict'])
  t.match(strict, { code: 2, out: /warn {4}warned.yaml:12:5/ })
  const json = JSON.parse((await runCli(['check', ...ARGS, '-q', '-o', 'json'])).out)
  t.equal(json.objects.length, 1)
  t.equal(json.summary.checked, 2)
})

t.test('an exception shows with its reason in every format', async t => {
  const files = {
    'a.yaml': hyperConverged(
      { ...CLEAN, parallelMigrationsPerCluster: 20 },
      {
        'exception.migration-guard.io/parallel-migrations-too-high':
          '{"reason": "moving to the new data centre", "expires": "2026-11-30"}',
      },
    ),
  }
  const args = ['a.yaml', '--user', 'alice', '--approver', 'alice', '--strict']
  const excused = 'allowed by exception until 2026-11-30: '
  const expected: readonly (readonly [string, RegExp])[] = [
    ['table', /waived {2}a\.yaml:13:5 .*\n {10}allowed by exception until 2026-11-30:\n/],
    ['table', /reason: moving to the new data centre\n/],
    ['github', /^::notice file=a\.yaml,.*%0Areason: moving to the new data centre\n/],
    ['junit', new RegExp(`<system-out>a.yaml:13:5: ${excused}`)],
    ['sarif', /"suppressions": \[\s*\{\s*"kind": "inSource",/],
    ['json', /"outcome": "allowed-by-exception"/],
  ]
  for (const [format, pattern] of expected) {
    const { code, out } = await checkIn(t, files, [...args, '-o', format])
    t.match(out, pattern, format)
    t.equal(code, 0, 'not even a warning')
  }
})
