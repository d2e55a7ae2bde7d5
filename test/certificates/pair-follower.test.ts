import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { deaf, fingerprint, follow } from './support/follow.ts'
import { issue, put } from './support/issued.ts'
import { sharedCertificates } from './support/shared.ts'

const { first, renewed: second, expired } = sharedCertificates()

const broken: readonly [string, string, string, string][] = [
  [
    'a key of another certificate',
    'tls.key',
    expired.server.key,
    'tls.key: does not belong to the certificate',
  ],
  [
    'a half-written certificate',
    'tls.crt',
    second.server.certificate.slice(0, 600),
    'tls.crt: is cut off',
  ],
  ['an empty key', 'tls.key', '', 'tls.key: is empty'],
]

for (const [what, name, text, message] of broken)
  t.test(
    `${what} is reported once, keeps the last good pair, and is forgotten when repaired`,
    async t => {
      const dir = put(t.testdir(), first)
      const { watch, pairs, problems } = follow(t, dir, { watch: deaf })
      writeFileSync(join(dir, name), text)
      for (let checks = 0; checks < 3; checks++) watch.check()
      t.equal(pairs.length, 1)
      t.equal(watch.current?.fingerprint, fingerprint(first))
      t.equal(problems.length, 1)
      t.match(problems[0]?.message, message)
      t.same(watch.problem, problems[0])
      put(dir, second)
      watch.check()
      t.equal(watch.problem, undefined)
      t.equal(pairs[1]?.fingerprint, fingerprint(second))
      writeFileSync(join(dir, name), text)
      watch.check()
      t.equal(problems.length, 2, 'the same fault a second time is reported a second time')
    },
  )

t.test('going back to the pair that is served ends the problem without a swap', async t => {
  const dir = put(t.testdir(), first)
  const { watch, pairs, problems } = follow(t, dir, { watch: deaf })
  writeFileSync(join(dir, 'tls.key'), '')
  watch.check()
  put(dir, first)
  watch.check()
  t.equal(watch.problem, undefined)
  t.equal(pairs.length, 1)
  t.equal(problems.length, 1)
})

t.test(
  'what the receiver throws is reported, and the pair is offered again at the next look',
  async t => {
    const dir = put(t.testdir(), first)
    const problems: string[] = []
    let failing = true
    const { watch } = follow(t, dir, {
      watch: deaf,
      onPair() {
        if (failing) throw new Error('unusable')
      },
      onProblem: problem => problems.push(problem.message),
    })
    watch.check()
    t.same(problems, [`${dir}: unusable`])
    t.equal(watch.current, undefined)
    failing = false
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(first))
    t.equal(watch.problem, undefined)
  },
)

t.test(
  'an expired pair is served when there is nothing better, and never replaces a valid one',
  async t => {
    const dir = put(t.testdir(), expired)
    const { watch, pairs, problems } = follow(t, dir, { watch: deaf })
    t.match(pairs[0]?.warnings, [/expired on 2024-01-31/])
    const later = issue({ now: new Date('2025-01-01T00:00:00Z'), leafDays: 30 })
    put(dir, later)
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(later), 'of two expired ones the newer')
    put(dir, first)
    watch.check()
    put(dir, expired)
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(first))
    t.match(
      problems[0]?.message,
      /tls\.crt: expired on 2024-01-31T00:00:00.000Z; the one before stays$/,
    )
  },
)

t.test(
  'a pair that is not valid yet is taken when its time comes, though nothing changes',
  async t => {
    const dir = put(t.testdir(), issue({ ca: first.ca, leafDays: 3 }))
    let now = new Date()
    const tomorrow = new Date(now.getTime() + 86_400_000)
    const { watch, problems } = follow(t, dir, { watch: deaf, now: () => now })
    const early = issue({ ca: first.ca, now: tomorrow })
    put(dir, early)
    watch.check()
    watch.check()
    t.equal(problems.length, 1)
    t.match(problems[0]?.message, /is not valid before/)
    now = tomorrow
    watch.check()
    t.equal(watch.current?.fingerprint, fingerprint(early))
  },
)

t.test(
  'warnings come when the served certificate nears its end and when it is past it',
  async t => {
    const dir = put(t.testdir(), first)
    let now = new Date()
    const { watch, warnings } = follow(t, dir, { watch: deaf, now: () => now })
    const end = watch.current?.notAfter.getTime() ?? 0
    for (const daysLeft of [200, 31, 29, 28, 1, -1, -2]) {
      now = new Date(end - daysLeft * 86_400_000)
      watch.check()
    }
    t.match(warnings, [/tls\.crt: expires on .*, 29 days from now$/, /tls\.crt: expired on /])
    t.equal(warnings.length, 2)
  },
)
