import { readFileSync } from 'node:fs'
import t from 'tap'
import { CLEAN, hyperConverged, migrationPolicy } from './support/manifests.ts'
import { checkIn, reportOf } from './support/run-cli.ts'

const UNSTABLE = `apiVersion: v1
kind: List
items:
  - apiVersion: k8s.cni.cncf.io/v1
    kind: NetworkAttachmentDefinition
    metadata:
      name: wireless
      namespace: openshift-cnv
      labels: {migration-guard.io/network-stability: unstable}
`

const HCO = 'spec.liveMigrationConfig'

// What is wrong, with the effect and the exact place of the offending field.
const FINDINGS: readonly (readonly [
  name: string,
  settings: Readonly<Record<string, unknown>>,
  findings: readonly string[],
])[] = [
  ['clean settings', CLEAN, []],
  [
    'too many migrations',
    { ...CLEAN, parallelMigrationsPerCluster: 20 },
    ['deny parallel-migrations-too-high 12:5'],
  ],
  [
    'many migrations',
    { ...CLEAN, parallelMigrationsPerCluster: 6 },
    ['warn parallel-migrations-too-high 12:5'],
  ],
  [
    'several at once, the most severe first, and in the order of the file',
    {
      ...{ completionTimeoutPerGiB: 800, parallelOutboundMigrationsPerNode: 3 },
      ...{ parallelMigrationsPerCluster: 20, progressTimeout: 150 },
      ...{ bandwidthPerMigration: '64m', allowPostCopy: false },
    },
    [
      'deny outbound-migrations-too-high 11:5',
      'deny parallel-migrations-too-high 12:5',
      'deny invalid-value 14:5',
      'warn completion-timeout-long 10:5',
    ],
  ],
  [
    'a unit that means unlimited',
    { ...CLEAN, bandwidthPerMigration: '64m' },
    ['deny invalid-value 10:5'],
  ],
  [
    'a network that may not exist',
    { ...CLEAN, network: 'migration' },
    ['warn network-missing 16:5'],
  ],
  ['a number where a name belongs', { ...CLEAN, network: 7 }, ['deny invalid-value 16:5']],
]

t.test('every finding stands where its field is', async t => {
  for (const [name, settings, expected] of FINDINGS) {
    const files = { 'hco.yaml': hyperConverged(settings) }
    const { report } = await reportOf(t, files, ['hco.yaml'])
    t.same(report.objects[0].findings.map(toLine), expected, name)
  }
})

t.test('a field that is left out is pointed at by its nearest parent', async t => {
  const policy = { 'policy.yaml': policyWith('filling: "off"') }
  const settings = { ...CLEAN, parallelOutboundMigrationsPerNode: undefined }
  const text = hyperConverged(settings).replace(/.*undefined\n/, '')
  const { report } = await reportOf(t, { ...policy, 'hco.yaml': text }, [
    'hco.yaml',
    ...['--policy', 'policy.yaml', '--hco-version', '1.17'],
  ])
  t.same(report.objects[0].findings.map(toLine), ['warn outbound-migrations-too-high 9:3'])
  t.equal(report.objects[0].findings[0].absent, true)
})

t.test('what the cluster would fill is shown and judged as filled', async t => {
  const { report, code } = await reportOf(
    t,
    { 'hco.yaml': hyperConverged({ allowPostCopy: true }) },
    ['hco.yaml', ...['--hco-version', '1.20']],
  )
  const [object] = report.objects
  t.same(
    object.filled.map(({ field, value }: { field: string; value: unknown }) => [field, value]),
    [
      [`${HCO}.bandwidthPerMigration`, '0Mi'],
      [`${HCO}.allowWorkloadDisruption`, true],
    ],
  )
  t.same(object.findings, [])
  t.equal(code, 0)
})

t.test(
  'stock defaults are those of the version, from --hco-version, the policy or status',
  async t => {
    const filled = async (
      extra: Readonly<Record<string, string>>,
      args: readonly string[],
      tail = '',
    ) => {
      const files = { 'hco.yaml': hyperConverged({ network: 'a' }) + tail, ...extra }
      const { report } = await reportOf(t, files, ['hco.yaml', ...args])
      const fields = report.objects[0].filled.map(({ field }: { field: string }) => field)
      return fields.map((field: string) => field.slice(HCO.length + 1))
    }
    const on117 = ['bandwidthPerMigration', 'parallelOutboundMigrationsPerNode', 'allowPostCopy']
    const on113 = ['bandwidthPerMigration', 'completionTimeoutPerGiB', ...on117.slice(1)]
    const on120 = ['bandwidthPerMigration', 'allowPostCopy', 'allowWorkloadDisruption']
    t.same(await filled({}, ['--hco-version', '1.17']), on117)
    t.same(await filled({}, ['--hco-version', '1.13']), on113)
    t.same(
      await filled({ 'p.yaml': policyWith('hcoVersion: "1.20"') }, ['--policy', 'p.yaml']),
      on120,
    )
    const status = 'status:\n  versions:\n    - {name: operator, version: 1.20.1}\n'
    t.same(await filled({}, [], status), on120)
    t.same(await filled({}, ['--hco-version', '1.13'], status), on113, 'the option wins')
  },
)

t.test('post copy on a network that the facts flag unstable is denied', async t => {
  const settings = { ...CLEAN, allowPostCopy: true, network: 'wireless' }
  const files = { 'hco.yaml': hyperConverged(settings), 'facts.yaml': UNSTABLE }
  const known = await reportOf(t, files, ['hco.yaml', '--facts', 'facts.yaml'])
  t.same(known.report.objects[0].findings.map(toLine), ['deny post-copy-unstable-network 15:5'])
  t.equal(known.code, 1)
  const unknown = await reportOf(t, files, ['hco.yaml'])
  t.same(unknown.report.objects[0].findings.map(toLine), ['warn network-missing 16:5'])
})

t.test('objects of one run see each other', async t => {
  const cluster = hyperConverged({ ...CLEAN, network: 'wireless' })
  const files = {
    'a-policy.yaml': migrationPolicy('databases', { allowPostCopy: true }),
    'z-hco.yaml': cluster,
    'facts.yaml': UNSTABLE,
  }
  const both = await reportOf(t, files, ['a-policy.yaml', 'z-hco.yaml', '--facts', 'facts.yaml'])
  t.same(
    both.report.objects.map(({ kind, findings }: Described) => [kind, ...findings.map(toLine)]),
    [
      ['MigrationPolicy', 'deny post-copy-unstable-network 6:3'],
      ['HyperConverged', 'deny post-copy-unstable-network 15:5'],
    ],
  )
  const alone = await reportOf(t, files, ['a-policy.yaml', '--facts', 'facts.yaml'])
  t.same(
    alone.report.objects[0].findings,
    [],
    'without the HyperConverged nothing is known against it',
  )
})

t.test('a policy has to be right with each HyperConverged of the run', async t => {
  const files = {
    'stable.yaml': hyperConverged(CLEAN),
    'unstable.yaml': hyperConverged({ ...CLEAN, network: 'wireless' }),
    'policy.yaml': migrationPolicy('databases', { allowPostCopy: true }),
    'facts.yaml': UNSTABLE,
  }
  const { report } = await reportOf(t, files, ['.', '--facts', 'facts.yaml'])
  const policy = report.objects.find(({ kind }: Described) => kind === 'MigrationPolicy')
  t.equal(policy.outcome, 'denied')
  t.equal(policy.findings.length, 1)
})

const EXCEPTION = {
  'exception.migration-guard.io/parallel-migrations-too-high':
    '{"reason": "moving to the new data centre", "expires": "2026-11-30"}',
}

t.test('an exception counts only when its author may approve it', async t => {
  const settings = { ...CLEAN, parallelMigrationsPerCluster: 20 }
  const files = { 'hco.yaml': hyperConverged(settings, EXCEPTION) }
  const cases: readonly (readonly [string[], Record<string, string>, number, string])[] = [
    [[], {}, 1, 'denied'],
    [['--approver', 'alice'], {}, 1, 'denied'],
    [['--user', 'bob', '--approver', 'alice'], {}, 1, 'denied'],
    [['--user', 'bob', '--approver', 'alice', '--approver', 'bob'], {}, 0, 'allowed-by-exception'],
    [['--user', 'bob'], { MIGRATION_GUARD_APPROVER: 'alice, bob' }, 0, 'allowed-by-exception'],
    [['--approver', 'eve'], { MIGRATION_GUARD_USER: 'eve' }, 0, 'allowed-by-exception'],
    [['--user', 'bob', '--approver', 'bob', '--now', '2026-12-01T00:00:00Z'], {}, 1, 'denied'],
  ]
  for (const [args, env, expected, outcome] of cases) {
    const { code, report } = await reportOf(t, files, ['hco.yaml', ...args], { env })
    t.equal(code, expected, args.join(' '))
    t.equal(report.objects[0].outcome, outcome, args.join(' '))
  }
})

t.test(
  'an exception that nobody approved says what the command line lacks, and is not advised again',
  async t => {
    const settings = { ...CLEAN, parallelMigrationsPerCluster: 20 }
    const adviceWith = async (args: string[], annotations: object = EXCEPTION) => {
      const files = { 'hco.yaml': hyperConverged(settings, annotations as typeof EXCEPTION) }
      const { report } = await reportOf(t, files, ['hco.yaml', ...args])
      const { findings } = report.objects[0]
      return findings.map(({ rule, fix, waiver }: Advised) => [rule, waiver !== null, fix])
    }
    const [unauthorised, denied] = await adviceWith(['--approver', 'alice'])
    t.same(denied.slice(0, 2), ['parallel-migrations-too-high', false])
    const fix =
      'a check asks no cluster: give --user NAME (who applies this) and --approver NAME (who may approve it). In the cluster, let someone do this'
    t.ok(unauthorised[2].startsWith(fix), unauthorised[2])
    t.match((await adviceWith(['--user', 'bob']))[0][2], /--user bob .* --approver bob /)
    const stranger = { 'exception.migration-guard.io/parallel': '{}' }
    t.match(
      (await adviceWith([], stranger)).map(([rule, waiver]: unknown[]) => [rule, waiver]),
      [['exception-unauthorised'], ['exception-invalid'], ['parallel-migrations-too-high', true]],
    )
  },
)

t.test('the exception that it prints keeps what the one in its place covers', async t => {
  const key = 'exception.migration-guard.io/post-copy-unstable-network'
  const forA = { bound: { network: '(pod network)', policy: 'a' } }
  const annotations = {
    'migration-guard.io/network-stability': 'unstable',
    [key]: JSON.stringify({ reason: 'the rack is being moved', expires: '2026-11-30', ...forA }),
  }
  const { report } = await reportOf(
    t,
    {
      'hco.yaml': hyperConverged({ ...CLEAN, allowWorkloadDisruption: true }, annotations),
      'facts.yaml': ['a', 'b']
        .map(name => migrationPolicy(name, { allowPostCopy: true }))
        .join('---\n'),
    },
    ['hco.yaml', '--facts', 'facts.yaml', '--user', 'eve', '--approver', 'eve'],
  )
  const [denied, excused] = report.objects[0].findings
  t.match(denied, { effect: 'deny', waiver: '"policy":["a","b"]' })
  t.match(excused, { effect: 'excused', waiver: null })
})

type Advised = { rule: string; fix: string; waiver: string | null }

t.test('with --old only what is introduced is denied', async t => {
  const at = (parallel: number, name = 'kubevirt-hyperconverged') =>
    hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: parallel }).replace(
      'kubevirt-hyperconverged',
      name,
    )
  const judged = async (old: string, now: string) => {
    const { code, report } = await reportOf(t, { 'old.yaml': old, 'new.yaml': now }, [
      'new.yaml',
      ...['--old', 'old.yaml'],
    ])
    const [object] = report.objects
    return [code, object.operation, ...object.findings.map(toLine)]
  }
  const denied = 'deny parallel-migrations-too-high 12:5'
  const kept = 'warn parallel-migrations-too-high 12:5'
  t.same(await judged(at(5), at(20)), [1, 'UPDATE', denied], 'introduced')
  t.same(await judged(at(20), at(30)), [1, 'UPDATE', denied], 'worse')
  t.same(await judged(at(30), at(20)), [0, 'UPDATE', kept], 'better')
  t.same(await judged(at(20), at(20)), [0, 'UPDATE', kept], 'kept')
  t.same(await judged(at(20, 'other'), at(20)), [3, 'CREATE', denied], 'somebody else is old')
})

t.test('recorded AdmissionReviews are judged as the server judges them', async t => {
  const review = new URL('../fixtures/admission-reviews/1.20-v1/', import.meta.url).pathname
  const { code, out } = await checkIn(t, {}, [
    `${review}patch-merge-parallel-20.json`,
    '-o',
    'json',
  ])
  const [object] = JSON.parse(out).objects
  t.equal(code, 1)
  t.equal(object.source, 'review')
  t.equal(object.operation, 'UPDATE')
  t.equal(object.user, 'admin')
  t.match(object.findings, [{ effect: 'deny', rule: 'parallel-migrations-too-high' }])
  const { line } = object.findings[0].place
  const lines = readFileSync(`${review}patch-merge-parallel-20.json`, 'utf8').split('\n')
  t.match(lines[line - 1], /"parallelMigrationsPerCluster": 20/)
})

type Described = { kind: string; findings: Finding[] }
type Finding = { rule: string; effect: string; place: { line: number; column: number } }

function toLine({ effect, rule, place }: Finding): string {
  return `${effect} ${rule} ${place.line}:${place.column}`
}

function policyWith(line: string): string {
  return `apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n${line}\n`
}
