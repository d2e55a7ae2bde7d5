import t from 'tap'
import { TOPICS } from '../../src/cli/topics.ts'
import { RULES } from '../../src/core/rules/catalogue.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { runCli } from './support/run-cli.ts'

t.test('explain lists every rule with its default and its title', async t => {
  const { code, out } = await runCli(['explain'])
  t.equal(code, 0)
  const lines = out.split('\n\n')[0]?.split('\n') ?? []
  t.same(
    lines.map(line => line.split(/ {2,}/)),
    RULES.map(({ id, enforcement, title }) => [id, enforcement, title]),
  )
  t.match(out, /More about one: migration-guard explain post-copy-unstable-network\n$/)
})

t.test('explain tells all about one rule, in 80 columns', async t => {
  const { code, out } = await runCli(['explain', 'parallel-migrations-too-high'])
  t.equal(code, 0)
  t.equal(
    out,
    `parallel-migrations-too-high (default: deny)
Too many live migrations at once in the cluster.

Trips when:
  parallelMigrationsPerCluster above 10 with heavy workloads (warns above 5),
  above 50 without (warns above 20). Judged on HyperConverged.

Why:
  Migrations share the network. With large, busy VMs each gets too little
  bandwidth to outrun the memory that the guest keeps changing, so all of them
  run into the timeout together.

Source:
  OpenShift Virtualization, "Configure live migration for heavy workloads": keep
  it at 5

Remedy:
  Lower parallelMigrationsPerCluster; 5 is the guidance for heavy workloads.
  Whether these run is observed or declared; where none does, annotate the
  HyperConverged with migration-guard.io/workload-profile: standard
  (docs/declare.md).

Exception:
  someone who may "approve" the resource "exceptions" of group
  migration-guard.io with the name of this rule can add the annotation below. A
  denial prints it with the bound that it needs to cover later requests as well.

    exception.migration-guard.io/parallel-migrations-too-high: '{"reason":"<reason>","expires":"2026-11-30"}'

In the policy:
  rules: {parallel-migrations-too-high: deny | warn | audit | off}
`,
  )
})

t.test('every rule is explained, and says whether an exception can waive it', async t => {
  for (const { id, title, waivable } of RULES) {
    const { code, out } = await runCli(['explain', id])
    t.equal(code, 0, id)
    t.ok(out.startsWith(`${id} (default: `) && out.includes(title), id)
    const ready = `\n    exception.migration-guard.io/${id}: '{"reason":"<reason>","expires":"2026-11-30"}'\n`
    t.equal(out.includes(ready), waivable, id)
    t.equal(out.includes('none: nothing waives this rule'), !waivable, id)
    t.notMatch(out, '`', id)
  }
})

t.test('an id as it stands in a message or on an object is understood', async t => {
  const plain = await runCli(['explain', 'network-missing'])
  for (const written of [
    '[network-missing]',
    'exception.migration-guard.io/network-missing',
    'metadata.annotations[exception.migration-guard.io/network-missing]',
  ])
    t.same(await runCli(['explain', written]), plain)
})

t.test('of a setting or a declaration it lists the rules about it', async t => {
  const { code, out } = await runCli(['explain', 'parallelMigrationsPerCluster'])
  t.equal(code, 0)
  t.equal(
    out,
    `Rules about parallelMigrationsPerCluster:

parallel-migrations-too-high  deny  Too many live migrations at once in the cluster
migrations-disabled           deny  Live migration is switched off
outbound-exceeds-cluster      warn  The limit per node is above the limit of the cluster
invalid-value                 deny  A value that means something else than it says, or nothing

More about one: migration-guard explain parallel-migrations-too-high
`,
  )
  for (const path of ['spec.liveMigrationConfig', 'spec.virtualization.liveMigrationConfig'])
    t.same(await runCli(['explain', `${path}.parallelMigrationsPerCluster`]), {
      code,
      out,
      err: '',
    })
  const declared = await runCli(['explain', 'migration-guard.io/data'])
  t.match(
    declared.out,
    /^Rules about migration-guard\.io\/data \(docs\/declare\.md\):\n\npost-copy-critical-data +deny/,
  )
  const { out: json } = await runCli(['explain', 'migration-guard.io/data', '-o', 'json'])
  t.match(JSON.parse(json), [{ id: 'post-copy-critical-data' }])
})

t.test('of a key that no rule is about it says what it is', async t => {
  const filled = await runCli(['explain', 'migration-guard.io/filled'])
  t.same(filled, {
    code: 0,
    out: `migration-guard.io/filled (docs/how-it-decides.md)

The guard writes it on the HyperConverged: the settings that it filled, with
their values.
`,
    err: '',
  })
  const written = 'metadata.annotations[migration-guard.io/filled]'
  t.same(await runCli(['explain', written]), filled)
  const { code, out } = await runCli(['explain', 'migration-guard.io/pinned', '-o', 'json'])
  t.equal(code, 0)
  t.same(JSON.parse(out), {
    key: 'migration-guard.io/pinned',
    meaning:
      'The guard writes it on the HyperConverged, and so may you: the settings whose stock value is wanted, which it then does not fill.',
    page: 'docs/how-it-decides.md',
  })
})

t.test('every rule but those about exceptions is found by a setting or a key', async t => {
  const found = [...TOPICS.values()].flat()
  t.same(
    RULE_IDS.filter(id => !found.includes(id)),
    ['exception-unauthorised', 'exception-invalid'],
  )
})

t.test('-o json has what the catalogue has', async t => {
  const all = JSON.parse((await runCli(['explain', '-o', 'json'])).out)
  t.same(
    all,
    RULES.map(({ check: _, ...data }) => data),
  )
  const one = JSON.parse((await runCli(['explain', 'invalid-value', '--output', 'json'])).out)
  t.match(one, { id: 'invalid-value', waivable: false, kinds: ['HyperConverged'] })
})

const UNKNOWN: readonly (readonly [id: string, hint: string])[] = [
  ['post-copy-critcal-data', 'did you mean post-copy-critical-data?'],
  ['Network-Missing', 'did you mean network-missing?'],
  ['parallel', 'did you mean parallel-migrations-too-high?'],
  ['paralel-migrations', 'did you mean parallel-migrations-too-high?'],
  ['json-path', 'did you mean json-patch-override?'],
  ['networks', 'did you mean network?'],
  ['completionTimeoutPerGib', 'did you mean completionTimeoutPerGiB?'],
  ['migration-guard.io/date', 'did you mean migration-guard.io/data?'],
  ['migration-guard.io/pined', 'did you mean migration-guard.io/pinned?'],
  ['migration-guard.io/xyz', 'see "migration-guard explain"'],
  ['exception.migration-guard.io/post-copy-inrt', 'did you mean post-copy-inert?'],
  ['critical-data', 'did you mean post-copy-critical-data?'],
  ['too', 'see "migration-guard explain"'],
  ['something else', 'see "migration-guard explain"'],
]

t.test('a mistyped id gets a suggestion and ends with 3', async t => {
  for (const [id, hint] of UNKNOWN)
    t.same(await runCli(['explain', id]), {
      code: 3,
      out: '',
      err: `error: there is no rule or setting "${id}"; ${hint}\n`,
    })
})
