import t from 'tap'
import { toAdmissionReview } from '../../src/core/admission-response.ts'
import { fail } from '../../src/core/decision.ts'
import { printable, show } from '../../src/core/json.ts'
import { answer, decided, stamps } from '../support/answer.ts'
import {
  approving,
  exceptionText,
  factsOf,
  migrationPolicy,
  type Texts,
} from '../support/review.ts'

t.test('a failure is answered with its code, at the doors that only help with a warning', t => {
  for (const [code, reason] of [
    [400, 'BadRequest'],
    [413, 'RequestEntityTooLarge'],
    [415, 'UnsupportedMediaType'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
  ] as const) {
    const failure = { code, message: 'it went wrong' }
    const refused = answer(fail('validate', 'u', failure))
    t.match(refused, {
      uid: 'u',
      allowed: false,
      status: { code, reason, message: 'it went wrong' },
    })
    t.notOk(refused.warnings)
    for (const webhook of ['advise', 'mutate'] as const) {
      const helped = answer(fail(webhook, 'u', failure))
      t.match(helped, { uid: 'u', allowed: true, warnings: [/it went wrong/] })
      t.notOk(helped.status)
      t.notOk(helped.patch)
    }
  }
  t.equal(answer(fail('validate', null, { code: 400, message: 'x' })).uid, '')
  t.end()
})

t.test('a patch is answered in base64, of any text', t => {
  const { patch, patchType, allowed, status } = answer(decided({}, {}, null, {}, 'mutate'))
  t.match(
    { patchType, allowed, status },
    { patchType: 'JSONPatch', allowed: true, status: undefined },
  )
  t.match(JSON.parse(Buffer.from(patch ?? '', 'base64').toString()), [
    {
      op: 'add',
      path: '/spec/virtualization/liveMigrationConfig/bandwidthPerMigration',
      value: '0Mi',
    },
    { op: 'add', path: '/metadata/annotations/migration-guard.io~1filled' },
  ])
  t.notOk('patch' in answer(decided({ bandwidthPerMigration: '1Gi' }, {}, null, {}, 'mutate')))
  const long = 'ä\u{1f600}'.repeat(60_000)
  const filled = { 'migration-guard.io/filled': `network=${long},progressTimeout=7` }
  const large = answer(decided({ network: long }, filled, null, {}, 'mutate'))
  t.match(Buffer.from(large.patch ?? '', 'base64').toString(), 'ä\u{1f600}')
  t.end()
})

t.test('it answers in the version asked', t => {
  const review = toAdmissionReview('admission.k8s.io/v1beta1', decided({}), stamps)
  t.match(review, { apiVersion: 'admission.k8s.io/v1beta1', kind: 'AdmissionReview' })
  t.end()
})

t.test('text from a request cannot act on a terminal', t => {
  const evil = 'a\u001b[2Jb\r\nc\u202ed\u2028e\u0085f\ufeffg\ud800h'
  const shown = printable(evil, 200)
  t.equal(shown.replace(/\\u[0-9a-f]{4}/g, '').replace('\ufffd', ''), 'a[2Jbcdefgh')
  const hidden = ['\u061c', '\u2060', '\u2069', '\u00ad', '\u180e', '\u2029', '\u{e0041}']
  for (const mark of hidden) t.match(printable(`a${mark}b`), /^a(\\u[0-9a-f]{4})+b$/)
  const ordinary = 'Zürich: 10\u00a0Gbit/s, e\u0301, 東京, שלום, עברית, नमस्ते, \u{1f600}'
  t.equal(printable(ordinary), ordinary)
  t.equal(printable('x'.repeat(300), 256).length, 256)
  t.ok(printable('\u001b'.repeat(300), 256).length <= 256)
  t.ok(printable('\u{1f600}'.repeat(200), 64).isWellFormed(), 'not cut within a character')
  t.equal(show(undefined), 'nothing')
  t.equal(show({ a: 1 }), '{"a":1}')
  const decision = decided({ network: evil, bandwidthPerMigration: evil })
  const { status, warnings = [] } = answer(decision)
  const texts = [
    status?.message.replaceAll('\n', '') ?? '',
    ...warnings,
    ...(status?.details.causes ?? []).map(cause => String(cause.message)),
  ]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  t.notOk(texts.some(text => /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/.test(text)))
  t.end()
})

t.test(
  'the API server’s audit log gets the outcome, the rules, the exceptions and our record',
  t => {
    const key = 'exception.migration-guard.io/parallel-migrations-too-high'
    const approvals = approving('parallel-migrations-too-high')
    const excused = decided(
      { parallelMigrationsPerCluster: 20, progressTimeout: 0 },
      { [key]: exceptionText() },
      null,
      { approvals },
    )
    t.same(answer(excused).auditAnnotations, {
      decision: 'allowed-by-exception',
      policy: 'sha256:abc',
      rules: 'parallel-migrations-too-high:excused,progress-timeout-low:warn',
      exceptions: 'parallel-migrations-too-high until 2026-12-01',
      record: '7:def',
    })
    t.same(answer(decided({}), { record: null }).auditAnnotations, {
      decision: 'allowed',
      policy: 'sha256:abc',
    })
    t.end()
  },
)

t.test('what the audit log of the API server gets is told once, and only so much of it', t => {
  const rule = 'post-copy-unstable-network'
  const ready = (policies: readonly (readonly [name: string, expires: string])[]) => {
    const named = policies.map(([policy, expires]) =>
      migrationPolicy(
        policy,
        { selectors: {}, allowPostCopy: true },
        {
          [`exception.migration-guard.io/${rule}`]: exceptionText({
            expires,
            bound: { policy, network: '(pod network)' },
          }),
        },
      ),
    )
    const unstable = { 'migration-guard.io/network-stability': 'unstable' }
    const decision = decided({}, unstable, null, { facts: factsOf(named) })
    return answer(decision).auditAnnotations as Texts
  }
  const same = ready(Array.from({ length: 150 }, (_, number) => [`p${number}`, '2026-12-01']))
  t.equal(same.exceptions, `${rule} until 2026-12-01`)
  const times = Array.from({ length: 150 }, (_, number) => {
    const minutes = `${Math.floor(number / 60)}:${number % 60}`.replace(/\b\d\b/g, '0$&')
    return [`p${1000 + number}`, `2026-12-01T${minutes}:00Z`] as const
  })
  const many = ready(times).exceptions ?? ''
  t.ok(many.startsWith(`${rule} until 2026-12-01T00:00:00Z, ${rule} until 2026-12-01T00:01:00Z, `))
  t.ok(many.endsWith(`${rule} until 2026-12-01T01:39:00Z, and 50 more`), many.slice(-100))
  t.end()
})
