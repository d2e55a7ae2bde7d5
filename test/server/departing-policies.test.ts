import t from 'tap'
import type { ClusterFacts } from '../../src/core/facts/cluster-facts.ts'
import { factsOf, hyperConverged, migrationPolicy, type Values, vmi } from '../support/review.ts'
import { answerer } from './support/parts.ts'
import { updateReview } from './support/review.ts'

// Two policies that cover for one another over a critical VM with post copy on.
const policy = (name: string, spec: Values = { selectors: {}, allowPostCopy: false }) =>
  migrationPolicy(name, spec)
const cluster = (...policies: readonly string[]) =>
  factsOf([
    hyperConverged({ allowPostCopy: true, completionTimeoutPerGiB: 150 }),
    vmi('pg', { 'migration-guard.io/data': 'critical' }),
    ...policies.map(name => policy(name)),
  ])
const review = (operation: 'DELETE' | 'UPDATE', name: string, changes: Values = {}) =>
  updateReview(
    {},
    {},
    {
      operation,
      name,
      namespace: '',
      kind: { group: 'migrations.kubevirt.io', version: 'v1alpha1', kind: 'MigrationPolicy' },
      object: operation === 'DELETE' ? null : policy(name, { allowPostCopy: false }),
      oldObject: policy(name),
      ...changes,
    },
  )

async function guard(facts: () => ClusterFacts) {
  let now = 1_000_000
  const { put } = await answerer({ facts, now: () => now })
  return {
    allowed: async (text: string) => (await put(text)).allowed,
    later: (ms: number) => {
      now += ms
    },
  }
}

t.test(
  'two policies that cover for one another are not deleted one right after the other',
  async t => {
    const both = cluster('a', 'b')
    const { allowed } = await guard(() => both)
    t.equal(await allowed(review('DELETE', 'a')), true)
    t.equal(await allowed(review('DELETE', 'b')), false, 'before the watch tells of the first')
  },
)

t.test('nor is one deleted right after the other was changed to select nobody', async t => {
  const both = cluster('a', 'b')
  const { allowed } = await guard(() => both)
  t.equal(await allowed(review('UPDATE', 'a')), true)
  t.equal(await allowed(review('DELETE', 'b')), false)
})

t.test('what was only tried, refused, or never came true does not count', async t => {
  const both = cluster('a', 'b')
  const { allowed, later } = await guard(() => both)
  t.equal(await allowed(review('DELETE', 'a', { dryRun: true })), true)
  t.equal(await allowed(review('DELETE', 'b')), true, 'the other was a dry run')
  t.equal(await allowed(review('DELETE', 'a')), false)
  t.equal(await allowed(review('DELETE', 'b')), true, 'a was refused, so b is not missed')
  later(10_001)
  t.equal(await allowed(review('DELETE', 'a')), true, 'b is still there, and forgotten')
})

t.test('once the watch has told of it, the facts alone count', async t => {
  let facts = cluster('a', 'b')
  const { allowed } = await guard(() => facts)
  t.equal(await allowed(review('DELETE', 'a')), true)
  facts = cluster('b', 'c')
  t.equal(await allowed(review('DELETE', 'b')), true)
})
