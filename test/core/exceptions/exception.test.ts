import t from 'tap'
import { parse } from 'yaml'
import { approvalsNeeded } from '../../../src/core/exceptions/approval.ts'
import { boundAdmits, readExceptions } from '../../../src/core/exceptions/exception.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { NOW } from '../../support/decide.ts'
import { stored } from '../../support/eras.ts'
import { migrationPolicy, requestOf, type Texts, type Values } from '../../support/review.ts'

const RULE = 'parallel-migrations-too-high'
const PREFIX = 'exception.migration-guard.io/'
const REASON = 'the link is being repaired'
const at = (time: string) => Date.parse(time)

type Terms = Parameters<typeof readExceptions>[2]
const terms: Terms = {
  now: NOW,
  policy: DEFAULT_POLICY,
  readYaml: parse,
  namespace: 'openshift-cnv',
}

function read(text: string, changes: Partial<Terms> = {}, name = RULE) {
  const [entry] = readExceptions({ [`${PREFIX}${name}`]: text }, {}, { ...terms, ...changes })
  if (!entry) throw new Error('no entry')
  return entry
}
const written = (changes: Values) =>
  read(JSON.stringify({ reason: REASON, expires: '2026-12-01', ...changes }))
const problem = (changes: Values) => written(changes).problem

t.test('an exception is YAML or JSON', t => {
  const expected = {
    rule: RULE,
    reason: REASON,
    ticket: 'OPS-1',
    expires: '2026-12-01',
    expiresAt: at('2026-12-01T23:59:59.999Z'),
  }
  for (const text of [
    `{"reason": "${REASON}", "expires": "2026-12-01", "ticket": "OPS-1"}`,
    `{reason: ${REASON}, expires: 2026-12-01, ticket: OPS-1}`,
    `reason: ${REASON}\nexpires: 2026-12-01\nticket: OPS-1\n`,
    `reason: >\n  ${REASON}\nexpires: '2026-12-01'\nticket: "OPS-1"\n`,
    `---\n# why\nreason: ' ${REASON} '\nexpires: 2026-12-01\nticket: OPS-1\n`,
  ]) {
    const entry = read(text)
    t.equal(entry.problem, null, text)
    t.match(entry.exception, expected)
    t.equal(entry.exception?.bound, null)
  }
  t.end()
})

t.test('what cannot be read is a problem with a reason, never an error', t => {
  const texts: readonly (readonly [string, RegExp])[] = [
    ['', /is null/],
    ['~', /is null/],
    ['text', /is "text"/],
    ['7', /is 7/],
    ['[]', /is \[\]/],
    ['- reason: x', /is \[/],
    ['{', /cannot be read/],
    ['a: b: c', /cannot be read/],
    ['\t', /cannot be read|is null/],
    ['{reason: x, reason: y}', /cannot be read/],
    ['*alias', /cannot be read/],
    ['{}', /reason is nothing/],
  ]
  for (const [text, message] of texts) {
    const entry = read(text)
    t.equal(entry.exception, null)
    t.match(entry.problem, message, JSON.stringify(text))
  }
  const throwing = read('x', {
    readYaml: () => {
      throw new Error('line 1: no')
    },
  })
  t.equal(throwing.problem, 'cannot be read: line 1: no')
  t.end()
})

t.test('an exception is at most 2048 characters long', t => {
  const padded = (length: number) => {
    const text = `{"reason":"${REASON}","expires":"2026-12-01"}`
    return text + ' '.repeat(length - text.length)
  }
  t.equal(read(padded(2048)).problem, null)
  t.match(read(padded(2049)).problem, /is longer than 2048 characters/)
  let asked = 0
  read('x'.repeat(1e6), { readYaml: () => ++asked })
  t.equal(asked, 0, 'a longer one is not read at all')
  t.end()
})

t.test('only the four known keys are allowed', t => {
  t.match(
    problem({ until: '2026-12-01' }),
    /unknown key "until"; known are reason, expires, ticket, bound/,
  )
  t.match(problem({ Reason: 'x' }), /unknown key "Reason"/)
  t.match(
    read(`{"reason":"${REASON}","expires":"2026-12-01","__proto__":{}}`).problem,
    /unknown key "__proto__"/,
  )
  t.end()
})

t.test('a reason is text of ten characters that say something', t => {
  for (const reason of [
    '',
    'too short',
    '         x         ',
    ' '.repeat(50),
    '<reason>',
    null,
    7,
    ['a reason of a list'],
    {},
  ])
    t.match(problem({ reason }), /expected text of at least 10 characters/, JSON.stringify(reason))
  t.equal(problem({ reason: '0123456789' }), null)
  t.equal(problem({ reason: `  0123456789\n` }), null)
  t.end()
})

t.test('a ticket is text', t => {
  t.equal(problem({ ticket: 'OPS-1' }), null)
  t.equal(problem({ ticket: '' }), null)
  t.match(problem({ ticket: 4711 }), /ticket is 4711, not text/)
  t.match(problem({ ticket: null }), /ticket is null/)
  t.end()
})

t.test('a date is its end in UTC, a time is itself', t => {
  const ends = (expires: string) => written({ expires }).exception?.expiresAt
  t.equal(ends('2026-11-30'), at('2026-11-30T23:59:59.999Z'))
  t.equal(ends('2028-02-29'), at('2028-02-29T23:59:59.999Z'), 'a leap day')
  t.equal(ends('2026-11-30T10:00:00Z'), at('2026-11-30T10:00:00Z'))
  t.equal(ends('2026-11-30t10:00:00z'), at('2026-11-30T10:00:00Z'))
  t.equal(ends('2026-11-30T10:00:00+02:00'), at('2026-11-30T08:00:00Z'))
  t.equal(ends('2026-11-30T10:00:00-05:30'), at('2026-11-30T15:30:00Z'))
  t.equal(ends('2026-11-30T10:00:00.5Z'), at('2026-11-30T10:00:00.5Z'))
  t.equal(ends('2026-11-30T10:00:00.123456789Z'), at('2026-11-30T10:00:00.123Z'))
  t.equal(ends('2026-11-30T00:00:00Z'), at('2026-11-30T00:00:00Z'))
  t.end()
})

t.test('what is no RFC 3339 date or time is refused, not guessed', t => {
  const wrong = [
    '2026-02-30',
    '2026-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-12-00',
    '2026-12-32',
    '2026-1-1',
    '26-12-01',
    '2026/12/01',
    '01.12.2026',
    'December 1, 2026',
    'tomorrow',
    'P30D',
    '720h',
    '',
    ' 2026-12-01',
    '2026-12-01 ',
    '2026-12-01\n',
    '2026-12-01T10:00:00',
    '2026-12-01T10:00Z',
    '2026-12-01T10Z',
    '2026-12-01 10:00:00Z',
    '2026-12-01T10:00:00+0200',
    '2026-12-01T10:00:00+02',
    '2026-12-01T24:00:00Z',
    '2026-12-01T25:00:00Z',
    '2026-12-01T10:60:00Z',
    '2026-12-01T10:00:61Z',
    '2026-12-01T10:00:00.Z',
    '2026-12-01T10:00:00.1234567890Z',
    '2026-12-01T10:00:00+24:00',
    '2026-12-01T10:00:00+10:60',
    '2026-02-30T10:00:00Z',
    '+002026-12-01',
    '２０２６-12-01',
  ]
  const guessed = wrong.filter(expires => written({ expires }).exception !== null)
  t.same(guessed, [])
  // A second that UTC may insert; Kubernetes' own times refuse it as well.
  t.match(problem({ expires: '2026-12-31T23:59:60Z' }), /expires is/)
  t.same(
    [20261201, null, true, ['2026-12-01'], {}].filter(expires => problem({ expires }) === null),
    [],
  )
  t.match(problem({ expires: 'soon' }), /expected a date such as "2026-12-31" or a time/)
  t.end()
})

t.test('it has run out when its end is reached', t => {
  const now = at('2026-11-30T10:00:00Z')
  const text = (expires: string) => JSON.stringify({ reason: REASON, expires })
  t.equal(read(text('2026-11-30'), { now }).problem, null, 'the day itself still counts')
  t.equal(read(text('2026-11-30'), { now: at('2026-11-30T23:59:59.998Z') }).problem, null)
  t.match(read(text('2026-11-30'), { now: at('2026-12-01T00:00:00Z') }).problem, /expired/)
  t.match(read(text('2026-11-30T10:00:00Z'), { now }).problem, /expired/)
  t.equal(read(text('2026-11-30T10:00:00.001Z'), { now }).problem, null)
  t.match(
    read(text('2026-11-29'), { now }).exception,
    { expires: '2026-11-29' },
    'and is still read',
  )
  t.end()
})

t.test('it may be added for as long as the policy allows, and stays if it is longer', t => {
  const longest = 720 * 3600 * 1000
  const text = (time: number) =>
    JSON.stringify({ reason: REASON, expires: new Date(time).toISOString() })
  t.equal(read(text(NOW + longest)).problem, null)
  t.match(read(text(NOW + longest + 1)).problem, /more than 720 h ahead/)
  const short = {
    ...DEFAULT_POLICY,
    exceptions: { maxDurationSeconds: 3600, onExpiry: 'warn' } as const,
  }
  t.match(read(text(NOW + 3600_001), { policy: short }).problem, /more than 1 h ahead/)
  const annotations = { [`${PREFIX}${RULE}`]: text(NOW + 10 * longest) }
  const [kept] = readExceptions(annotations, annotations, terms)
  t.match(kept, { changed: false, problem: null })
  t.end()
})

t.test('a bound names numbers, a network or policies', t => {
  const bound = (value: unknown) => ({ ...written({ bound: value }).exception?.bound })
  t.same(bound({ parallelMigrationsPerCluster: 20 }), { parallelMigrationsPerCluster: 20 })
  t.same(bound({ completionTimeoutPerGiB: 0, progressTimeout: -1 }), {
    completionTimeoutPerGiB: 0,
    progressTimeout: -1,
  })
  t.same(bound({ network: 'mig' }), { network: ['openshift-cnv/mig'] })
  t.same(bound({ network: 'other/mig' }), { network: ['other/mig'] })
  t.same(bound({ network: '(pod network)' }), { network: ['(pod network)'] })
  t.same(bound({ policy: 'fast' }), { policy: ['fast'] })
  t.same(bound({ policy: ['fast', 'slow'] }), { policy: ['fast', 'slow'] })
  const wrong: readonly (readonly [unknown, RegExp])[] = [
    [null, /bound is null/],
    [{}, /bound is \{\}/],
    [[], /bound is \[\]/],
    ['x', /bound is "x"/],
    [{ network: 7 }, /bound\.network is 7/],
    [{ network: ['a', 7] }, /bound\.network is/],
    [{ policy: 7 }, /bound\.policy is 7/],
    [{ policy: ['a', 7] }, /bound\.policy is/],
    [{ parallelMigrationsPerCluster: '20' }, /is "20", not a whole number/],
    [{ parallelMigrationsPerCluster: 1.5 }, /not a whole number/],
    [{ parallelMigrationsPerCluster: null }, /not a whole number/],
    [{ bandwidthPerMigration: '1Gi' }, /unknown key "bandwidthPerMigration"/],
    [{ allowPostCopy: true }, /unknown key "allowPostCopy"/],
    [{ ParallelMigrationsPerCluster: 20 }, /unknown key/],
    [{ constructor: 1 }, /unknown key "constructor"/],
    [{ parallelMigrationsPerCluster: 20, other: 1 }, /unknown key "other"/],
  ]
  for (const [value, message] of wrong) t.match(problem({ bound: value }), message)
  t.end()
})

t.test('a bound admits what it names, every key of what is needed', t => {
  const cases: readonly (readonly [Parameters<typeof boundAdmits>[0], Values, boolean])[] = [
    [{ a: 20 }, { a: 20 }, true],
    [{ a: 20 }, { a: 0 }, true],
    [{ a: 20 }, { a: 21 }, false],
    [{ a: 20 }, { b: 1 }, false],
    [{ a: 20 }, { a: '20' }, false],
    [{ network: ['n/a'] }, { network: 'n/a' }, true],
    [{ network: ['n/a'] }, { network: 'n/b' }, false],
    [{ network: ['n/a'] }, { network: 'n/a', policy: 'p' }, false],
    [{ policy: ['p'] }, { network: 'n/a', policy: 'p' }, false],
    [{ network: ['n/a'], policy: ['p', 'q'] }, { network: 'n/a', policy: 'q' }, true],
    [{ network: ['n/a'], policy: ['p'] }, { network: 'n/a' }, false],
    [{ network: ['n/a'], policy: ['p', '(cluster settings)'] }, { network: 'n/a' }, true],
    [{ network: ['n/a'], policy: ['(cluster settings)'] }, { network: 'n/a', policy: 'p' }, false],
    [{ policy: [] }, { policy: 'p' }, false],
    [{}, { a: 1 }, false],
  ]
  for (const [granted, needed, expected] of cases)
    t.equal(boundAdmits(granted, needed as never), expected, JSON.stringify([granted, needed]))
  t.end()
})

t.test('each annotation under the prefix is an entry, whatever it is called', t => {
  const before: Texts = { [`${PREFIX}${RULE}`]: 'old', [`${PREFIX}gone`]: 'x' }
  const entries = readExceptions(
    {
      [`${PREFIX}${RULE}`]: 'new',
      [`${PREFIX}network-missing`]: '{}',
      [`${PREFIX}`]: 'x',
      'migration-guard.io/exception': 'x',
      'my.exception.migration-guard.io/network-missing': 'x',
    },
    { ...before, [`${PREFIX}network-missing`]: '{}' },
    terms,
  )
  t.same(
    entries.map(({ name, changed, field }) => [name, changed, field]),
    [
      [RULE, true, `metadata.annotations[${PREFIX}${RULE}]`],
      ['network-missing', false, `metadata.annotations[${PREFIX}network-missing]`],
      ['', true, `metadata.annotations[${PREFIX}]`],
    ],
  )
  t.match(read('x', {}, 'no-such-rule').problem, /"no-such-rule" is not the id of a rule/)
  t.match(read('x', {}, 'invalid-value').problem, /invalid-value cannot be waived/)
  t.end()
})

t.test('what needs approval is told without judging anything', t => {
  const key = (name: string) => `${PREFIX}${name}`
  const needs = (
    after: Texts,
    before: Texts | null,
    operation: 'UPDATE' | 'CREATE' | 'DELETE' = 'UPDATE',
  ) =>
    approvalsNeeded(
      requestOf(
        operation,
        operation === 'DELETE' ? null : stored('1.20', {}, after),
        before && stored('1.20', {}, before),
      ),
    ).map(({ name, action }) => `${name}: ${action}`)
  t.same(needs({ [key('a')]: 'x' }, {}), ['a: adds an exception to'])
  t.same(needs({ [key('a')]: 'x' }, null, 'CREATE'), ['a: adds an exception to'])
  t.same(needs({ [key('a')]: 'y' }, { [key('a')]: 'x' }), ['a: changes the exception to'])
  t.same(needs({ [key('a')]: 'x' }, { [key('a')]: 'x' }), [])
  t.same(needs({}, { [key('a')]: 'x' }), [])
  t.same(needs({}, { [key('a')]: 'x' }, 'DELETE'), [])
  t.same(
    needs(
      {},
      { 'migration-guard.io/data': 'critical', 'migration-guard.io/network-stability': 'unstable' },
    ),
    [
      'post-copy-critical-data: takes back the declaration migration-guard.io/data: critical, that feeds',
      'post-copy-unstable-network: takes back the declaration migration-guard.io/network-stability: unstable, that feeds',
    ],
  )
  t.same(needs({}, { 'migration-guard.io/data': 'critical' }, 'DELETE'), [])
  const onPolicy = requestOf(
    'UPDATE',
    migrationPolicy('p', {}, { [key('a')]: 'x' }),
    migrationPolicy('p', {}, { 'migration-guard.io/data': 'critical' }),
  )
  t.same(
    approvalsNeeded(onPolicy).map(({ name }) => name),
    ['a'],
  )
  t.end()
})
