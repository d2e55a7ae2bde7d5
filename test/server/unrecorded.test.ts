import t from 'tap'
import type { Webhook } from '../../src/core/decision.ts'
import {
  approving,
  exceptionText,
  hyperConverged,
  type Texts,
  type Values,
} from '../support/review.ts'
import { answerer } from './support/parts.ts'
import { STOCK, UID, updateReview } from './support/review.ts'

const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })

type Case = {
  readonly name: string
  readonly review: string
  readonly webhook?: Webhook
  /** Whether it passes under `deny` and under `allow`. */
  readonly passes: readonly [deny: boolean, allow: boolean]
}

// A violation that is mended, by somebody who may approve exceptions and adds or takes back this on the way.
const mending = (before: Values, after: Values, annotations: readonly [old: Texts, now: Texts]) =>
  updateReview(
    {},
    {},
    {
      oldObject: hyperConverged({ ...STOCK, ...twenty, ...before }, annotations[0]),
      object: hyperConverged({ ...STOCK, ...five, ...after }, annotations[1]),
    },
  )

const five = { parallelMigrationsPerCluster: 5 }
const six = { parallelMigrationsPerCluster: 6 }
const twenty = { parallelMigrationsPerCluster: 20 }

const EXCEPTION = {
  'exception.migration-guard.io/migrations-disabled': exceptionText({
    bound: { parallelMigrationsPerCluster: 0 },
  }),
}
const POST_COPY = {
  allowPostCopy: true,
  allowWorkloadDisruption: true,
  completionTimeoutPerGiB: 150,
}

const cases: readonly Case[] = [
  { name: 'a guarded change', review: updateReview(five, six), passes: [false, true] },
  { name: 'a denied change', review: updateReview(five, twenty), passes: [false, false] },
  { name: 'a repair', review: updateReview(twenty, five), passes: [true, true] },
  {
    name: 'a repair that leaves some of it',
    review: updateReview(twenty, { parallelMigrationsPerCluster: 12 }),
    passes: [true, true],
  },
  {
    name: 'a repair that takes an exception away',
    review: mending({}, {}, [EXCEPTION, {}]),
    passes: [true, true],
  },
  {
    name: 'a repair with an exception',
    review: mending({}, {}, [{}, EXCEPTION]),
    passes: [false, true],
  },
  {
    name: 'a repair that takes a declaration back',
    review: mending({}, { ...POST_COPY }, [{ 'migration-guard.io/data': 'critical' }, {}]),
    passes: [false, true],
  },
  { name: 'a label', review: updateReview(five, five), passes: [true, true] },
  {
    name: 'a guarded change at /advise',
    review: updateReview(five, six),
    webhook: 'advise',
    passes: [true, true],
  },
  { name: 'filling', review: updateReview(five, six), webhook: 'mutate', passes: [true, true] },
]

for (const throws of [false, true])
  for (const onFailure of ['deny', 'allow'] as const)
    for (const { name, review, webhook = 'validate', passes } of cases)
      t.test(
        `${name} with a full disk, audit.onFailure ${onFailure}${throws ? ', at once' : ''}`,
        async t => {
          const approve = async () => approving('migrations-disabled', 'post-copy-critical-data')
          const parts = await answerer({ approve }, { audit: { onFailure } })
          const { put, log, unrecorded, observed } = parts
          log.state.fault = full
          log.state.throws = throws
          const { uid, allowed, status, warnings, auditAnnotations } = await put(review, webhook)
          t.equal(uid, UID)
          t.equal(allowed, passes[onFailure === 'deny' ? 0 : 1])
          t.equal(auditAnnotations.record, undefined)
          t.equal(unrecorded.length, 1, 'the record goes to standard error')
          t.equal(observed.length, 1)
          if (onFailure === 'deny' && !passes[0] && passes[1]) {
            t.equal(status?.code, 500)
            t.match(
              status?.message,
              /audit log cannot be written \(ENOSPC.*Free space.*onFailure: allow/s,
            )
            t.equal(observed[0]?.allowed, false, 'what is counted is what was answered')
          } else t.match(warnings?.[0], /audit log cannot be written \(ENOSPC/)
          if (name === 'a denied change') t.match(status?.message, /parallel-migrations-too-high/)
        },
      )

t.test(
  'the log is used again as soon as it can be written, with policy and facts before the decision',
  async t => {
    const { put, log } = await answerer()
    await put(updateReview(five, six))
    log.state.fault = full
    t.equal((await put(updateReview(five, six))).allowed, false)
    log.state.fault = null
    t.equal((await put(updateReview(five, six))).allowed, true)
    t.same(
      log.entries.map(({ type }) => type),
      ['start', 'policy', 'facts', 'decision', 'policy', 'facts', 'decision'],
    )
  },
)
