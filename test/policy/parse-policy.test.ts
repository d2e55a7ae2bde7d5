import { createHash } from 'node:crypto'
import t from 'tap'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { DEFAULT_POLICY_TEXT, parsePolicy } from '../../src/policy/load.ts'
import { formatProblem } from '../../src/policy/policy-problem.ts'

const HEAD = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n'

/** The problems as they are shown, or `valid`. */
function lines(text: string): readonly string[] {
  const result = parsePolicy(text, 'policy.yaml')
  if (!('problems' in result)) return ['valid']
  return result.problems.map(problem => formatProblem(result.source, problem))
}

t.test('a file of two lines is all defaults', t => {
  const loaded = parsePolicy(HEAD, 'policy.yaml')
  t.strictSame(loaded, {
    source: 'policy.yaml',
    policy: DEFAULT_POLICY,
    text: HEAD,
    hash: createHash('sha256').update(HEAD).digest('hex'),
  })
  t.equal(DEFAULT_POLICY_TEXT, HEAD)
  t.end()
})

const VALID: readonly string[] = [
  'metadata: {name: a, labels: {b: c}, annotations: {d: e}}',
  'hcoVersion: "1.20"',
  "hcoVersion: '1.17.3'",
  'hcoVersion: "4.21"',
  'hcoVersion: "4.8.1"',
  'profile: standard\ndata: critical\nfilling: off',
  'rules: {}',
  'rules: {post-copy-inert: off, network-missing: {enforcement: audit}, invalid-value: {}}',
  'rules: {parallel-migrations-too-high: {limits: {heavy: {deny: 3}}}}',
  'rules: {outbound-migrations-too-high: {limits: {standard: {warn: 10}}}}',
  'networks: {unstable: [a, b/c, b/c-d]}',
  'networks: {podNetwork: unstable, unstable: []}',
  'linkBandwidth: 1250000000',
  'linkBandwidth: 1.25G',
  'linkBandwidth: "1"',
  'heavy: {instancetypes: ["*", m1.*, "u1.2xlarge"]}',
  'exceptions: {maxDuration: 1d2h3m4s, onExpiry: deny}',
  'operator: {serviceAccount: hco.operator-1}',
  'audit: {onFailure: allow}',
]

t.test('valid documents', t => {
  for (const text of VALID) t.strictSame(lines(HEAD + text), ['valid'], text)
  t.strictSame(lines(`\ufeff${HEAD.replaceAll('\n', '\r\n')}`), ['valid'])
  t.strictSame(
    lines(
      JSON.stringify({ kind: 'MigrationGuardPolicy', apiVersion: 'migration-guard.io/v1alpha1' }),
    ),
    ['valid'],
  )
  t.end()
})

const TWO_LINES =
  'a policy that keeps all defaults is the two lines "apiVersion: migration-guard.io/v1alpha1" and "kind: MigrationGuardPolicy"'

const NO_POLICY: readonly (readonly [text: string, ...expected: string[]])[] = [
  ['', `policy.yaml:1:1 the file is empty; ${TWO_LINES}`],
  ['# nothing yet\n', `policy.yaml:1:1 the file is empty; ${TWO_LINES}`],
  ['- a\n', `policy.yaml:1:1 this is not a mapping; ${TWO_LINES}`],
  ['deny everything\n', `policy.yaml:1:1 this is not a mapping; ${TWO_LINES}`],
  [
    'apiVersion: hco.kubevirt.io/v1\nkind: HyperConverged\nspec: {}\n',
    'policy.yaml:1:1 apiVersion: must be "migration-guard.io/v1alpha1", not "hco.kubevirt.io/v1"; is this a migration guard policy?',
    'policy.yaml:2:1 kind: must be "MigrationGuardPolicy", not "HyperConverged"; is this a migration guard policy?',
  ],
  [
    'kind: MigrationGuardPolicy\n',
    'policy.yaml:1:1 "apiVersion" is missing; write "apiVersion: migration-guard.io/v1alpha1" at the top',
  ],
  [
    `${HEAD}---\n${HEAD}`,
    'policy.yaml:3:1 only one document is read; remove "---" and what follows',
  ],
  [
    `${HEAD}rules:\n\tpost-copy-inert: deny\n`,
    'policy.yaml:4:1 a tab stands where only spaces may indent',
  ],
  [
    `${HEAD}filling: fill\nfilling: off\n`,
    'policy.yaml:4:1 the key "filling" stands twice, first on line 3',
  ],
  [
    `${HEAD}filling: !secret off\n`,
    'policy.yaml:3:10 the tag !secret is not supported here; remove it',
  ],
  [`${HEAD}profile: *heavy\n`, 'policy.yaml:3:10 the alias *heavy has no anchor before it'],
  [
    `${HEAD}linkBandwidth: 9223372036854775807\n`,
    'policy.yaml:3:16 9223372036854775807 cannot be kept exactly as a number; quote it if it is text',
  ],
]

t.test('files that are no policy', t => {
  for (const [text, ...expected] of NO_POLICY)
    t.strictSame(lines(text), expected, JSON.stringify(text))
  t.end()
})

const ALL_KEYS =
  'known here: apiVersion, kind, metadata, hcoVersion, profile, data, filling, rules, networks, linkBandwidth, heavy, exceptions, operator, audit'

// Each after the two lines of HEAD, so that it begins on line 3.
const INVALID: readonly (readonly [text: string, ...expected: string[]])[] = [
  ['filing: off', '3:1 filing: unknown key; did you mean "filling"?'],
  ['Rules: {}', '3:1 Rules: unknown key; did you mean "rules"?'],
  ['spec: {}', `3:1 spec: unknown key; ${ALL_KEYS}`],
  ['unstable: [a]', '3:1 unstable: unknown key here; it belongs under "networks"'],
  ['post-copy-inert: deny', '3:1 post-copy-inert: unknown key here; it belongs under "rules"'],
  ['__proto__: {a: 1}', `3:1 __proto__: unknown key; ${ALL_KEYS}`],
  ['constructor: 1', `3:1 constructor: unknown key; ${ALL_KEYS}`],
  ['"a\\nb": 1', `3:1 a\\u000ab: unknown key; ${ALL_KEYS}`],
  [
    'rules:\n  post-copy-inert: dney',
    '4:3 rules.post-copy-inert: "dney" is not an enforcement (deny, warn, audit or off); did you mean "deny"?',
  ],
  [
    'rules:\n  post-copy-inert: enforce',
    '4:3 rules.post-copy-inert: "enforce" is not an enforcement (deny, warn, audit or off)',
  ],
  [
    'rules:\n  post-copy-inert: false',
    '4:3 rules.post-copy-inert: false is not an enforcement (deny, warn, audit or off)',
  ],
  [
    'rules:\n  post-copy-inert:',
    '4:3 rules.post-copy-inert: has no value; give it one or remove the line',
  ],
  [
    'rules:\n  postcopy-inert: deny',
    '4:3 rules.postcopy-inert: unknown key; did you mean "post-copy-inert"?',
  ],
  [
    'rules:\n  post-copy-inert:\n    enforcment: deny',
    '5:5 rules.post-copy-inert.enforcment: unknown key; did you mean "enforcement"?',
  ],
  [
    'rules:\n  post-copy-inert:\n    enforcement: denied',
    '5:5 rules.post-copy-inert.enforcement: "denied" is not an enforcement (deny, warn, audit or off)',
  ],
  [
    'rules:\n  post-copy-inert:\n    limits: {heavy: {deny: 1}}',
    '5:5 rules.post-copy-inert.limits: unknown key; known here: enforcement',
  ],
  ['rules: [deny]', '3:1 rules: must be a mapping ("key: value" lines), not a list'],
  ['rules: off', '3:1 rules: must be a mapping ("key: value" lines), not "off"'],
  ['rules:', '3:1 rules: has no value; give it one or remove the line'],
  ['hcoVersion: 1.20', '3:1 hcoVersion: must be text: write it in quotes, "1.20"'],
  [
    'hcoVersion: "2.0"',
    '3:1 hcoVersion: "2.0" is not a version such as "1.20", or "4.22" of OpenShift Virtualization (4.8 or later)',
  ],
  [
    'profile: Heavy',
    '3:1 profile: "Heavy" is not a profile (heavy or standard); did you mean "heavy"?',
  ],
  ['data: important', '3:1 data: "important" is not a declaration (critical)'],
  ['filling: no', '3:1 filling: "no" is not a mode (fill, suggest or off)'],
  [
    'networks:\n  podNetwork: flaky\n  unstable: [a/b/c, Wan, x, x]',
    '4:3 networks.podNetwork: "flaky" is not a stability (stable or unstable)',
    '5:3 networks.unstable: "x" stands twice in the list',
    '5:14 networks.unstable[0]: "a/b/c" is not [namespace/]name of a NetworkAttachmentDefinition that migrations can use (lower-case letters, digits and "-")',
    '5:21 networks.unstable[1]: "Wan" is not [namespace/]name of a NetworkAttachmentDefinition that migrations can use (lower-case letters, digits and "-")',
  ],
  [
    'networks: {unstable: [b/c.d]}',
    '3:23 networks.unstable[0]: "b/c.d" is not [namespace/]name of a NetworkAttachmentDefinition that migrations can use (lower-case letters, digits and "-")',
  ],
  [
    'networks: {unstable: wan}',
    '3:12 networks.unstable: must be a list ("- item" lines), not "wan"',
  ],
  ['networks: {unstable: [5]}', '3:23 networks.unstable[0]: must be text: write it in quotes, "5"'],
  [
    'linkBandwidth: 10Gbit',
    '3:1 linkBandwidth: "10Gbit" is not a quantity; write bytes per second, such as 1250M for a 10 Gbit/s link',
  ],
  ['linkBandwidth: -1', '3:1 linkBandwidth: must be more than 0'],
  [
    'linkBandwidth: 64m',
    '3:1 linkBandwidth: "64m" is less than one byte per second; "m" means thousandths, "M" millions',
  ],
  [
    'exceptions: {maxDuration: 720}',
    '3:14 exceptions.maxDuration: 720 is not a duration such as 720h, 30d or 1h30m',
  ],
  [
    'exceptions: {maxDuration: 30m1h}',
    '3:14 exceptions.maxDuration: "30m1h" is not a duration such as 720h, 30d or 1h30m',
  ],
  [
    'exceptions: {maxDuration: 0h}',
    '3:14 exceptions.maxDuration: "0h" would refuse every exception; to have none, give nobody the right to approve them',
  ],
  [
    'exceptions: {onExpiry: allow}',
    '3:14 exceptions.onExpiry: "allow" is not an action (warn or deny)',
  ],
  [
    'operator: {serviceAccount: "system:serviceaccount:a:b"}',
    '3:12 operator.serviceAccount: "system:serviceaccount:a:b" is not the name of a service account (the name alone, no namespace)',
  ],
  [
    'audit: {onFailure: alow}',
    '3:9 audit.onFailure: "alow" is not an action (deny or allow); did you mean "allow"?',
  ],
  ['metadata: {name: 5}', '3:12 metadata.name: must be text: write it in quotes, "5"'],
  [
    'metadata: {labels: {a: yes, b: true}}',
    '3:29 metadata.labels.b: must be text: write it in quotes, "true"',
  ],
  [
    'heavy: {instancetypes: ["M1"]}',
    '3:25 heavy.instancetypes[0]: "M1" is not the name of an instance type (lower-case letters, digits, "-", "." and "*")',
  ],
]

t.test('every mistake is shown with line, column, key and what to write', t => {
  for (const [text, ...expected] of INVALID)
    t.strictSame(
      lines(`${HEAD}${text}\n`),
      expected.map(line => `policy.yaml:${line}`),
      text,
    )
  t.end()
})

t.test('a text larger than 256 KiB is not read', t => {
  t.strictSame(lines(`${HEAD}# ${'x'.repeat(300_000)}`), [
    'policy.yaml:3:262078 the text is longer than 262144 characters',
  ])
  t.end()
})

t.test('a file with thousands of mistakes shows fifty, at once', t => {
  const text = Array.from({ length: 5000 }, (_, line) => `key${line}: 1\n`).join('')
  const shown = lines(HEAD + text)
  t.equal(shown.length, 51)
  t.equal(shown.at(-1), 'policy.yaml:53:1 and 4950 more')
  t.end()
})
