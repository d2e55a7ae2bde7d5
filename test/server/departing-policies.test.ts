import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import type { ClusterFacts } from '../../src/core/facts/cluster-facts.ts'
import {
  factsOf,
  hyperConverged,
  migrationPolicy,
  type Texts,
  type Values,
  vmi,
} from '../support/review.ts'
import { answerer } from './support/parts.ts'
import { updateReview } from './support/review.ts'

// Two policies that cover for one another over a critical VM with post copy on.
const policy = (
  name: string,
  spec: Values = { selectors: {}, allowPostCopy: false },
  annotations: Texts = {},
) => migrationPolicy(name, spec, annotations)
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
  const { put, log } = await answerer({ facts, now: () => now })
  return {
    log: log.state,
    put,
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

t.test('what was refused because no record of it could be written does not count', async t => {
  const both = cluster('a', 'b')
  for (const throws of [false, true]) {
    const { allowed, log } = await guard(() => both)
    log.fault = new Error('ENOSPC')
    log.throws = throws
    t.equal(await allowed(review('DELETE', 'a')), false)
    log.fault = null
    t.equal(await allowed(review('DELETE', 'b')), true, 'a is still there')
    log.fault = new Error('ENOSPC')
    t.equal(await allowed(review('DELETE', 'b')), false, 'once more')
    log.fault = null
    t.equal(await allowed(review('DELETE', 'a')), false, 'b goes all the same')
  }
})

t.test('while a record is on its way to the disk it counts already', async t => {
  const both = cluster('a', 'b')
  const { allowed, log } = await guard(() => both)
  const disk = Promise.withResolvers<void>()
  log.busy = disk.promise
  const answers = [allowed(review('DELETE', 'a')), allowed(review('DELETE', 'b'))]
  disk.resolve()
  t.same(await Promise.all(answers), [true, false])
})

t.test('what was recorded too late, when it had been refused already, does not count', async t => {
  const both = cluster('a', 'b')
  const { allowed, log, put } = await guard(() => both)
  const disk = Promise.withResolvers<void>()
  const waiting = new AbortController()
  log.busy = disk.promise
  const late = put(review('DELETE', 'a'), 'validate', waiting.signal)
  await setImmediate()
  waiting.abort()
  disk.resolve()
  await late
  t.equal(await allowed(review('DELETE', 'b')), true)
})

t.test('a change of nothing that matters takes no protection away', async t => {
  const spec = { selectors: {}, allowPostCopy: false, bandwidthPerMigration: '1Gi' }
  const idle: Readonly<Record<string, Parameters<typeof policy>>> = {
    'the same bandwidth in other words': ['a', { ...spec, bandwidthPerMigration: '1024Mi' }],
    'a note': ['a', spec, { 'migration-guard.io/note': 'hands off' }],
  }
  const known = factsOf([
    hyperConverged({ allowPostCopy: true, completionTimeoutPerGiB: 150 }),
    vmi('pg', { 'migration-guard.io/data': 'critical' }),
    policy('a', spec),
    policy('b'),
  ])
  for (const [what, now] of Object.entries(idle)) {
    const { allowed } = await guard(() => known)
    const oldObject = policy('a', spec)
    const update = review('UPDATE', 'a', { oldObject, object: policy(...now) })
    t.equal(await allowed(update), true, what)
    t.equal(await allowed(review('DELETE', 'b')), true, `${what}: a goes on protecting`)
  }
})

t.test('once the watch has told of it, the facts alone count', async t => {
  let facts = cluster('a', 'b')
  const { allowed } = await guard(() => facts)
  t.equal(await allowed(review('DELETE', 'a')), true)
  facts = cluster('b', 'c')
  t.equal(await allowed(review('DELETE', 'b')), true)
})
