import t from 'tap'
import { hyperConverged, type Values } from '../support/review.ts'
import { answerer } from './support/parts.ts'
import { UID, updateReview } from './support/review.ts'

const KEY = 'exception.migration-guard.io/parallel-migrations-too-high'
const EXCEPTION = JSON.stringify({ reason: 'maintenance window', expires: '2026-12-01' })
const tooMany = { parallelMigrationsPerCluster: 20 }
const excepted = updateReview(
  {},
  {},
  {
    object: hyperConverged(tooMany, { [KEY]: EXCEPTION }),
    oldObject: hyperConverged({ parallelMigrationsPerCluster: 5 }),
  },
)

t.test('the answer names the record that was written first', async t => {
  const { put, log } = await answerer()
  const { allowed, uid, auditAnnotations } = await put(updateReview({}, tooMany))
  t.match({ allowed, uid }, { allowed: false, uid: UID })
  t.equal(auditAnnotations.record, `4:${'4'.padStart(64, '0')}`)
  t.equal(auditAnnotations.policy, 'abc')
  t.same(
    log.entries.map(({ type }) => type),
    ['start', 'policy', 'facts', 'decision'],
  )
  t.match(log.entries[3], {
    replica: 'guard-0',
    version: '1.2.3',
    policyHash: 'abc',
    factsHash: log.entries[2]?.factsHash,
    outcome: 'denied',
    uid: UID,
  })
})

t.test(
  'a webhook that refuses nothing records what the rules say of an edit, and that it let it pass',
  async t => {
    const { put, log } = await answerer()
    for (const webhook of ['mutate', 'advise', 'validate'] as const)
      await put(updateReview({}, tooMany), webhook)
    const decisions = log.entries.filter(({ type }) => type === 'decision')
    t.same(
      decisions.map(({ outcome, findings }) => [outcome, (findings as Values[])[0]?.effect]),
      [
        ['allowed', 'deny'],
        ['allowed', 'deny'],
        ['denied', 'deny'],
      ],
    )
  },
)

t.test('however many exceptions a request invents, approval is asked for rules alone', async t => {
  const asked: string[] = []
  const { put } = await answerer({
    approve: async (_request, needs) => {
      asked.push(...needs.map(({ name }) => name))
      return new Map()
    },
  })
  const invented = Array.from({ length: 300 }, (_, number) => [`${KEY}-${number}`, EXCEPTION])
  const annotations = { ...Object.fromEntries(invented), [KEY]: EXCEPTION }
  const object = hyperConverged(tooMany, annotations)
  t.match(await put(updateReview({}, {}, { object })), { allowed: false })
  t.same(asked, ['parallel-migrations-too-high'])
})

t.test('policy and facts are recorded once for many decisions', async t => {
  const { put, log } = await answerer()
  for (let i = 0; i < 3; i++) await put(updateReview({}, tooMany))
  const types = log.entries.map(({ type }) => type)
  t.same(types, ['start', 'policy', 'facts', 'decision', 'decision', 'decision'])
})

t.test('a dry run is answered alike and leaves no record', async t => {
  const { put, log } = await answerer()
  const real = await put(updateReview({}, tooMany))
  const before = log.entries.length
  const dry = await put(updateReview({}, tooMany, { dryRun: true }))
  t.equal(dry.status?.message, real.status?.message)
  t.equal(dry.auditAnnotations.record, undefined)
  t.equal(log.entries.length, before)
})

t.test('approval is asked for only where something needs it', async t => {
  const asked: string[] = []
  const { put } = await answerer({
    approve: async (_request, needs) => {
      asked.push(...needs.map(({ name }) => name))
      return new Map(needs.map(({ name }) => [name, { granted: true, detail: '' }]))
    },
  })
  t.equal((await put(updateReview({}, tooMany))).allowed, false)
  t.same(asked, [])
  const { allowed, auditAnnotations } = await put(excepted)
  t.same([allowed, auditAnnotations.decision], [true, 'allowed-by-exception'])
  t.same(asked, ['parallel-migrations-too-high'])
})

t.test('who cannot be asked has not approved', async t => {
  const failures: readonly (readonly [
    name: string,
    approve: () => Promise<never>,
    says: RegExp,
  ])[] = [
    ['rejects', () => Promise.reject(new Error('connect ECONNREFUSED')), /ECONNREFUSED/],
    [
      'throws',
      () => {
        throw new Error('broken')
      },
      /broken/,
    ],
  ]
  await Promise.all(
    failures.map(async ([name, approve, says]) => {
      const { put } = await answerer({ approve })
      const { allowed, status } = await put(excepted)
      t.equal(allowed, false, name)
      t.match(status?.message, says, name)
    }),
  )
})

t.test(
  'a crash anywhere is refused with its uid and let through where nothing is refused',
  async t => {
    const { put, crashes, log } = await answerer({
      facts: () => {
        throw new TypeError('no facts')
      },
    })
    const refused = await put(updateReview({}, {}))
    t.match(refused, {
      uid: UID,
      allowed: false,
      status: { code: 500, message: /TypeError: no facts/ },
    })
    for (const webhook of ['advise', 'mutate'] as const) {
      const passed = await put(updateReview({}, {}), webhook)
      t.match(passed, { uid: UID, allowed: true, warnings: [/TypeError: no facts/] })
      t.equal(passed.patch, undefined)
    }
    t.equal(crashes.length, 3)
    const recorded = log.entries.filter(({ type }) => type === 'decision')
    t.same(
      recorded.map(({ uid, allowed, failure }) => [uid, allowed, failure]),
      [false, true, true].map(allowed => [
        UID,
        allowed,
        'the guard failed on this request: TypeError: no facts',
      ]),
    )
  },
)

t.test('what cannot be read but names its uid is recorded, what names none is not', async t => {
  const { put, log } = await answerer()
  await put(JSON.stringify({ kind: 'AdmissionReview', request: { uid: UID } }))
  await put('{')
  const recorded = log.entries.filter(({ type }) => type === 'decision')
  t.same(
    recorded.map(({ uid, code }) => [uid, code]),
    [[UID, 400]],
  )
})

t.test('what nobody waits for any more is not recorded twice', async t => {
  const gone = AbortSignal.abort(new Error('the client closed the connection'))
  const { put, log, observed, crashes } = await answerer()
  await put(updateReview({}, tooMany), 'validate', gone)
  t.equal(log.entries.length, 1)
  t.same([observed.length, crashes.length], [0, 0])
})
