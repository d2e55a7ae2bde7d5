import t from 'tap'
import { toAdmissionReview } from '../../../src/core/admission-response.ts'
import type { AdmissionRequest } from '../../../src/core/admission-review.ts'
import { decide } from '../../../src/core/decision.ts'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { contextOf, NOW, notesOf } from '../../support/decide.ts'
import {
  exceptionText,
  factsOf,
  hyperConverged,
  migrationPolicy,
  requestOf,
  stockOf,
  vmi,
} from '../../support/review.ts'

const STOCK = stockOf('1.20')
const KEY = 'exception.migration-guard.io/parallel-migrations-too-high'
const SETTING = 'parallelMigrationsPerCluster'
const parallel = (value: number, annotation?: string) =>
  hyperConverged(
    { ...STOCK, parallelMigrationsPerCluster: value },
    annotation === undefined ? {} : { [KEY]: annotation },
  )

// What is shown of a refusal.
function refusal(request: AdmissionRequest, context: Partial<DecisionContext> = {}): string {
  const decision = decide('validate', request, contextOf(context))
  const stamps = { now: NOW, policy: DEFAULT_POLICY, policyHash: '', record: null }
  const review = toAdmissionReview('admission.k8s.io/v1', decision, stamps)
  return (review as { response: { status: { message: string } } }).response.status.message
}

const bounded = exceptionText({ bound: { parallelMigrationsPerCluster: 15 } })

const CASES: Readonly<Record<string, readonly [string, string]>> = {
  'an exception that goes less far says how far': [
    refusal(requestOf('UPDATE', parallel(20, bounded), parallel(15, bounded))),
    'The exception that is there covers parallelMigrationsPerCluster up to 15, until 2026-12-01.',
  ],
  'an exception that nobody approved is named as that': [
    refusal(requestOf('CREATE', parallel(20, exceptionText({ bound: { [SETTING]: 20 } })))),
    'The exception that is there does not count: nobody who may has approved it (see exception-unauthorised).',
  ],
  'so is one that was approved before it was changed': [
    refusal(requestOf('UPDATE', parallel(20, `${bounded} `), parallel(15, bounded))),
    'The exception that is there does not count: nobody who may has approved it (see exception-unauthorised).',
  ],
  'an exception without a bound covers what it came with': [
    refusal(requestOf('UPDATE', parallel(30, exceptionText()), parallel(20, exceptionText()))),
    'The exception that is there has no bound: it covers what the request set that added it, and no more.',
  ],
  'taking an exception away is named as what makes it new': [
    refusal(requestOf('UPDATE', parallel(20), parallel(20, exceptionText()))),
    'This request takes away the exception that covered it: mend it in the same request, or keep the exception.',
  ],
  'deleting a policy is named as what would do it': [
    refusal(
      requestOf('DELETE', null, migrationPolicy('spare', { selectors: {}, allowPostCopy: false })),
      {
        facts: factsOf([
          hyperConverged({ ...STOCK, allowPostCopy: true, allowWorkloadDisruption: true }),
          vmi('pg', { 'migration-guard.io/data': 'critical' }),
          migrationPolicy('spare', { selectors: {}, allowPostCopy: false }),
        ]),
      },
    ),
    'Deleting this MigrationPolicy would do that; an exception with a bound has to be put on it before.',
  ],
}

t.test('a refusal says what else has to be known', t => {
  for (const [name, [message, wanted]] of Object.entries(CASES)) t.match(message, wanted, name)
  t.end()
})

t.test('one exception covers all violations of a rule, so it is told once', t => {
  const on = { selectors: {}, allowPostCopy: true }
  const facts = factsOf([migrationPolicy('a', on), migrationPolicy('b', on)])
  const object = hyperConverged(
    { ...STOCK, allowPostCopy: true, allowWorkloadDisruption: true },
    { 'migration-guard.io/network-stability': 'unstable' },
  )
  const lines = refusal(requestOf('CREATE', object), { facts }).split('\n')
  t.equal(lines.filter(line => line.startsWith('[post-copy-unstable-network]')).length, 3)
  const exceptions = lines.filter(line => line.includes('exception.migration-guard.io/'))
  t.equal(exceptions.length, 1)
  t.match(exceptions[0], '"policy":["(cluster settings)","a","b"]')
  t.end()
})

t.test(
  'the plural of an exception, which is what the right to approve is called, is no exception',
  t => {
    const key = 'exceptions.migration-guard.io/parallel-migrations-too-high'
    const caution = `${key} is ignored: an exception is written exception.migration-guard.io/<rule>`
    const decided = (object: ReturnType<typeof hyperConverged>) =>
      notesOf(decide('validate', requestOf('CREATE', object), contextOf()))
    t.ok(decided(hyperConverged(STOCK, { [key]: 'x' })).includes(caution))
    t.ok(decided(migrationPolicy('p', {}, { [key]: 'x' })).includes(caution))
    t.end()
  },
)
