import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn, reportOf } from './support/run-cli.ts'

const FILES = {
  'a.yaml': hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20, network: 'a,b' }),
  'policy.yaml': `apiVersion: migration-guard.io/v1alpha1
kind: MigrationGuardPolicy
rules:
  parallel-migrations-too-high: {enforcement: audit}
  network-invalid: {enforcement: audit}
`,
}
const ARGS = ['a.yaml', '--policy', 'policy.yaml', '--hco-version', '1.17', '--strict']

t.test('what the policy has on audit is shown in every format, and fails nothing', async t => {
  const { code, report } = await reportOf(t, FILES, ARGS)
  t.equal(code, 0)
  t.match(report.summary, { denied: 0, warnings: 0, audited: 2 })
  t.match(report.objects[0].findings, [
    { rule: 'parallel-migrations-too-high', effect: 'record', enforcement: 'audit' },
    { rule: 'network-invalid', effect: 'record', enforcement: 'audit' },
  ])
  const shownAs = async (format: string) => (await checkIn(t, FILES, [...ARGS, '-o', format])).out
  const table = await shownAs('table')
  t.match(
    table,
    /^ {2}audit {3}a\.yaml:12:5 \[parallel-migrations-too-high\]\n {10}goes to the audit/m,
  )
  t.match(table, /^1 object in 1 file: nothing denied, no warnings, 2 for the audit log alone\n$/m)
  t.match(await shownAs('github'), /^::notice file=a\.yaml,line=12,col=5,title=parallel-/m)
  const levels = JSON.parse(await shownAs('sarif')).runs[0].results.map(
    ({ ruleId, level }: { ruleId: string; level: string }) => `${ruleId} ${level}`,
  )
  t.same(levels, ['parallel-migrations-too-high note', 'network-invalid note'])
  const junit = await shownAs('junit')
  t.match(junit, /failures="0"/)
  t.match(junit, /<system-out>a\.yaml:12:5: goes to the audit log alone: \[parallel-/)
})

t.test('--quiet leaves it out, and a warning that is kept is no audit line', async t => {
  const { out } = await checkIn(t, FILES, [...ARGS, '--quiet'])
  t.equal(out, '')
  const six = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 6 })
  const old = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 6 }, { other: 'x' })
  const kept = await reportOf(t, { 'a.yaml': six, 'old.yaml': old }, [
    'a.yaml',
    '--old',
    'old.yaml',
  ])
  t.equal(kept.report.summary.audited, 0)
})
