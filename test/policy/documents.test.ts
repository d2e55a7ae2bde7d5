import { readFile } from 'node:fs/promises'
import t from 'tap'
import { DEFAULT_POLICY, type Policy } from '../../src/core/policy.ts'
import { CATALOGUE } from '../../src/core/rules/catalogue.ts'
import { RULE_IDS } from '../../src/core/rules/rule-ids.ts'
import { type LoadedPolicy, loadPolicy, parsePolicy } from '../../src/policy/load.ts'
import { formatProblem } from '../../src/policy/policy-problem.ts'
import { POLICY_SCHEMA } from '../../src/policy/schema.ts'

const root = new URL('../../', import.meta.url)
const page = await readFile(new URL('docs/policy.md', root), 'utf8')

/** The fenced blocks of the page, in order. */
const blocks = [...page.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(match => ({
  language: match[1],
  text: match[2] ?? '',
}))

t.test('what the page says of broken policies is what they are answered with', t => {
  const broken = blocks.filter(
    ({ language }, index) => language === 'yaml' && blocks[index + 1]?.language === 'text',
  )
  // Before the last "text" stands the line for editors.
  const policies = broken.filter(({ text }) => text.startsWith('apiVersion'))
  t.equal(policies.length, 2)
  for (const policy of policies) {
    const result = parsePolicy(policy.text, 'policy.yaml')
    const problems = 'problems' in result ? result.problems : []
    const answer = problems.map(problem => `${formatProblem('policy.yaml', problem)}\n`).join('')
    t.equal(answer, blocks[blocks.indexOf(policy) + 1]?.text)
  }
  t.end()
})

t.test('the good policies on the page are good', t => {
  const good = blocks.filter(
    ({ language, text }, index) =>
      language === 'yaml' &&
      text.startsWith('apiVersion') &&
      blocks[index + 1]?.language !== 'text',
  )
  t.equal(good.length, 2)
  const [smallest, limited] = good.map(({ text }) => parsePolicy(text, 'policy.yaml'))
  t.strictSame((smallest as LoadedPolicy).policy, DEFAULT_POLICY)
  t.match(limited, {
    policy: { limits: { parallelMigrationsPerCluster: { heavy: { deny: 4, warn: 4 } } } },
  })
  t.end()
})

type Node = { readonly [key: string]: unknown }

t.test('the page has every key of the schema', t => {
  const table = page.slice(page.indexOf('## Keys'), page.indexOf('## Mistakes'))
  const properties = (schema: unknown) =>
    Object.entries(((schema as Node).properties ?? {}) as Node)
  for (const [name, schema] of properties(POLICY_SCHEMA)) {
    const inner = name === 'rules' ? [] : properties(schema)
    const keys = inner.length > 0 ? inner.map(([key]) => `${name}.${key}`) : [name]
    for (const key of keys) t.ok(table.includes(`\`${key}`), key)
  }
  t.end()
})

t.test(
  'the example for the first step of a rollout names every rule, and nothing comes of any',
  async t => {
    const file = new URL('examples/policy-audit.yaml', root)
    const loaded = (await loadPolicy(file.pathname)) as LoadedPolicy
    t.notOk('problems' in loaded)
    t.strictSame(loaded.policy, {
      ...DEFAULT_POLICY,
      filling: 'off',
      enforcement: Object.fromEntries(RULE_IDS.map(rule => [rule, 'audit'])),
    })
  },
)

t.test('the example has every key, and its values are the defaults where it says so', async t => {
  const file = new URL('examples/policy.yaml', root)
  const text = await readFile(file, 'utf8')
  const loaded = (await loadPolicy(file.pathname)) as LoadedPolicy
  t.notOk('problems' in loaded)
  const kept = ['json-patch-override', 'exception-unauthorised', 'exception-invalid']
  const set = RULE_IDS.filter(rule => !kept.includes(rule))
  const expected: Policy = {
    ...DEFAULT_POLICY,
    hcoVersion: '1.20',
    profile: 'heavy',
    data: 'critical',
    enforcement: Object.fromEntries(set.map(rule => [rule, CATALOGUE[rule].enforcement])),
    networks: { podNetwork: 'stable', unstable: ['wan-link', 'remote-site/stretched'] },
    linkBandwidth: '1250M',
  }
  t.strictSame(loaded.policy, expected)
  t.match(
    text,
    /^# yaml-language-server: \$schema=\.\.\/schema\/migration-guard-policy\.schema\.json$/m,
  )
  for (const name of Object.keys(POLICY_SCHEMA.properties as object))
    t.match(text, new RegExp(`^${name}:`, 'm'), name)
})
