import { writeFileSync } from 'node:fs'
import t from 'tap'
import { openPolicy } from '../../src/server/grounds/policy-source.ts'
import { until } from './support/until.ts'

const GOOD = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n'

t.test(
  'a policy that breaks and comes back as it was is the same value, and nothing new',
  async t => {
    const file = `${t.testdir({ 'policy.yaml': GOOD })}/policy.yaml`
    const source = await openPolicy(file, '1.17')
    t.teardown(source.close)
    const reloads: string[] = []
    source.follow({ onReload: ({ text }) => reloads.push(text), onProblem: () => {} })
    const first = source.current()

    writeFileSync(file, 'kind: broken\n')
    await until(() => source.problem() !== null)
    t.equal(source.current(), first)
    writeFileSync(file, GOOD)
    await until(() => source.problem() === null)
    t.equal(
      source.current(),
      first,
      'another value would cost the next review a survey of the cluster',
    )
    t.same(reloads, [])

    writeFileSync(file, `${GOOD}filling: off\n`)
    await until(() => reloads.length === 1)
    t.match(source.current(), { policy: { filling: 'off', hcoVersion: '1.17' } })
  },
)
