import t from 'tap'
import { RULES } from '../../src/core/rules/catalogue.ts'
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

t.test('an id as it stands in a message is understood, brackets and all', async t => {
  const plain = await runCli(['explain', 'network-missing'])
  t.same(await runCli(['explain', '[network-missing]']), plain)
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
  ['network', 'did you mean network-invalid?'],
  ['critical-data', 'did you mean post-copy-critical-data?'],
  ['too', 'see "migration-guard explain"'],
  ['something else', 'see "migration-guard explain"'],
]

t.test('a mistyped id gets a suggestion and ends with 3', async t => {
  for (const [id, hint] of UNKNOWN)
    t.same(await runCli(['explain', id]), {
      code: 3,
      out: '',
      err: `error: there is no rule "${id}"; ${hint}\n`,
    })
})
