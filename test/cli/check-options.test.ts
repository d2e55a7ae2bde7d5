import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn } from './support/run-cli.ts'

const GOOD = hyperConverged(CLEAN)

const OPTIONS: readonly (readonly [args: readonly string[], error: string])[] = [
  [['--policy', 'nope'], 'error: --policy:\n  nope: there is no such file or folder\n'],
  [['--policy', 'policy.yaml'], 'error: --policy:\n  policy.yaml:3:'],
  [['--facts', 'nope'], 'error: --facts:\n  nope: there is no such file or folder\n'],
  [['--facts', 'broken.yaml'], 'error: --facts:\n  broken.yaml:2:1 '],
  [['--facts', 'other.yaml'], 'error: --facts:\n  other.yaml: nothing here is a fact'],
  [['--old', 'broken.yaml'], 'error: --old:\n  broken.yaml:2:1 '],
  [['--old', 'other.yaml'], 'error: --old:\n  other.yaml: there is no HyperConverged'],
  [['--hco-version', 'latest'], 'error: --hco-version "latest": a version such as 1.17'],
  [['--now', 'tomorrow'], 'error: --now "tomorrow": a time such as 2026-12-31T18:00:00Z'],
  [['--now', '2026-13-01T00:00:00Z'], 'error: --now "2026-13-01T00:00:00Z"'],
  [['--now', '2026-02-30T00:00:00Z'], 'error: --now "2026-02-30T00:00:00Z"'],
  [['--now', '2026-02-28T24:00:00Z'], 'error: --now "2026-02-28T24:00:00Z"'],
]

t.test('an option that cannot be honoured ends the run before it begins', async t => {
  const files = {
    'hco.yaml': GOOD,
    'broken.yaml': 'a: [\n',
    'other.yaml': 'kind: ConfigMap\napiVersion: v1\n',
    'policy.yaml':
      'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\nfiling: off\n',
  }
  const variable = { MIGRATION_GUARD_HCO_VERSION: 'latest' }
  t.match(await checkIn(t, files, ['hco.yaml'], { env: variable }), {
    code: 3,
    err: /^error: MIGRATION_GUARD_HCO_VERSION "latest": a version such as 1.17/,
  })
  for (const [args, error] of OPTIONS) {
    const { code, out, err } = await checkIn(t, files, ['hco.yaml', ...args])
    t.equal(code, 3, args.join(' '))
    t.equal(out, '')
    t.equal(err.slice(0, error.length), error)
  }
})

t.test('what is wrong with a file is said of where it was named', async t => {
  const files = { 'hco.yaml': GOOD }
  for (const [name, option] of [
    ['MIGRATION_GUARD_POLICY', '--policy'],
    ['MIGRATION_GUARD_FACTS', '--facts'],
  ] as const) {
    const named = await checkIn(t, files, ['hco.yaml'], { env: { [name]: 'nope' } })
    t.match(named, { code: 3, err: `error: ${name}:\n  nope: there is no such file` })
    const args = ['hco.yaml', option, 'absent']
    const both = await checkIn(t, files, args, { env: { [name]: 'nope' } })
    t.match(both, { code: 3, err: `error: ${option}:\n  absent: there is no such file` })
  }
})

t.test("an old object that is nobody's is named with its namespace", async t => {
  const files = {
    'hco.yaml': GOOD,
    'old.yaml': GOOD.replace('namespace: openshift-cnv', 'namespace: other'),
  }
  const { code, out } = await checkIn(t, files, ['hco.yaml', '--old', 'old.yaml'])
  t.equal(code, 3)
  t.match(
    out.replace(/\s+/g, ' '),
    '--old has HyperConverged other/kubevirt-hyperconverged, but no manifest checked is of that kind, namespace and name',
  )
})
