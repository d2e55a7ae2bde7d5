import t from 'tap'
import { CLEAN, hyperConverged, migrationPolicy } from './support/manifests.ts'
import { checkIn, reportOf } from './support/run-cli.ts'

const POST_COPY = { ...CLEAN, allowPostCopy: true }
const ON_WIRELESS = hyperConverged({ ...POST_COPY, network: 'wireless' })
const AT = ['--hco-version', '1.17']

function network(name: string, stability: string | null, namespace = 'openshift-cnv'): string {
  const labels =
    stability === null ? '' : `\n  labels: {migration-guard.io/network-stability: ${stability}}`
  const where = namespace === '' ? '' : `\n  namespace: ${namespace}`
  return `apiVersion: k8s.cni.cncf.io/v1
kind: NetworkAttachmentDefinition
metadata:
  name: ${name}${where}${labels}
`
}

function vm(name: string, label: string): string {
  return `apiVersion: kubevirt.io/v1
kind: VirtualMachineInstance
metadata: {name: ${name}, namespace: db, labels: {${label}}}
status: {phase: Running}
`
}

type Case = readonly [
  name: string,
  files: Readonly<Record<string, string>>,
  expected: readonly string[],
]

const FOUND: readonly Case[] = [
  [
    'a network that is flagged',
    { 'hco.yaml': ON_WIRELESS, 'nad.yaml': network('wireless', 'unstable') },
    ['deny post-copy-unstable-network'],
  ],
  [
    'a flagged network that names no namespace',
    { 'hco.yaml': ON_WIRELESS, 'nad.yaml': network('wireless', 'unstable', '') },
    ['deny post-copy-unstable-network'],
  ],
  [
    'a flagged network of another namespace',
    {
      'hco.yaml': ON_WIRELESS,
      'nad.yaml': `${network('wireless', 'unstable', 'other')}---\n${network('wireless', null)}`,
    },
    [],
  ],
  [
    'a network that is there',
    { 'hco.yaml': ON_WIRELESS, 'nad.yaml': network('wireless', null) },
    [],
  ],
  [
    'other networks, which prove nothing of this one',
    { 'hco.yaml': ON_WIRELESS, 'nad.yaml': network('other', null) },
    ['warn network-missing'],
  ],
  [
    'a critical VM',
    {
      'hco.yaml': hyperConverged(POST_COPY),
      'vm.yaml': vm('ledger', 'migration-guard.io/data: critical'),
    },
    ['deny post-copy-critical-data'],
  ],
  [
    'a VM of a critical namespace',
    {
      'hco.yaml': hyperConverged(POST_COPY),
      'vm.yaml': vm('ledger', 'a: b'),
      'ns.yaml':
        'apiVersion: v1\nkind: Namespace\nmetadata: {name: db, labels: {migration-guard.io/data: critical}}\n',
    },
    ['deny post-copy-critical-data'],
  ],
]

type Report = { objects: { findings: { effect: string; rule: string }[] }[] }

function findingsOf({ objects }: Report): readonly string[] {
  return objects.flatMap(({ findings }) => findings.map(({ effect, rule }) => `${effect} ${rule}`))
}

t.test('what stands beside a HyperConverged is known', async t => {
  for (const [name, files, expected] of FOUND) {
    const { report } = await reportOf(t, files, ['.', ...AT])
    t.same(findingsOf(report), expected, name)
    t.same(report.skipped, [], name)
  }
  const [, files] = FOUND[0] as Case
  const { out } = await checkIn(t, files, ['.', ...AT])
  t.match(out, /: 1 denied, no warnings; taken as facts: 1\sNetworkAttachmentDefinition\n$/)
})

t.test('some VMs without heavy ones do not make a standard cluster', async t => {
  const plain = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 }).replace(
    'workload-profile: heavy',
    'other: x',
  )
  const profileOf = async (files: Readonly<Record<string, string>>, args: readonly string[]) => {
    const { report } = await reportOf(t, files, ['hco.yaml', ...args])
    const { name, source } = report.objects[0].profile
    return `${name} ${source}`
  }
  const files = { 'hco.yaml': plain, 'vm.yaml': vm('web', 'a: b') }
  t.equal(await profileOf(files, ['vm.yaml']), 'heavy assumed')
  t.equal(await profileOf(files, ['--facts', 'vm.yaml']), 'standard observed')
})

t.test('--facts has the last word', async t => {
  const files = {
    'hco.yaml': ON_WIRELESS,
    'nad.yaml': `${network('wireless', 'unstable')}---\n${network('new', null)}`,
    'facts.yaml': network('wireless', 'stable'),
  }
  const args = ['hco.yaml', 'nad.yaml', ...AT]
  t.same(findingsOf((await reportOf(t, files, args)).report), ['deny post-copy-unstable-network'])
  const known = await reportOf(t, files, [...args, '--facts', 'facts.yaml'])
  t.same(findingsOf(known.report), [])
  const absent = { ...files, 'hco.yaml': ON_WIRELESS.replace('"wireless"', '"absent"') }
  const missing = await reportOf(t, absent, [...args, '--facts', 'facts.yaml'])
  t.same(findingsOf(missing.report), ['deny network-missing'])
})

t.test('--facts takes a folder, and names what in it cannot be read', async t => {
  const files = {
    'hco.yaml': ON_WIRELESS,
    facts: {
      'nad.yaml': network('wireless', 'unstable'),
      deeper: { 'vms.json': '{"kind": "VirtualMachineInstanceList", "items": []}' },
      'README.md': 'not read',
    },
    broken: { 'a.yaml': 'a: [', 'b.yaml': '42' },
    empty: { 'a.yaml': 'kind: ConfigMap\n' },
  }
  const { report } = await reportOf(t, files, ['hco.yaml', ...AT, '--facts', 'facts'])
  t.same(findingsOf(report), ['deny post-copy-unstable-network'])
  const broken = await checkIn(t, files, ['hco.yaml', '--facts', 'broken'])
  t.match(broken, {
    code: 3,
    err: /--facts:\n {2}broken\/a\.yaml:1:5.*\n {2}broken\/b\.yaml: this is 42/,
  })
  const empty = await checkIn(t, files, ['hco.yaml'], { env: { MIGRATION_GUARD_FACTS: 'empty' } })
  t.match(empty, {
    code: 3,
    err: /MIGRATION_GUARD_FACTS:\n {2}empty\/a\.yaml: nothing here is a fact/,
  })
})

t.test('facts alone are nothing to check', async t => {
  const { code, report } = await reportOf(t, { 'nad.yaml': network('a', null) }, ['nad.yaml'])
  t.equal(code, 3)
  t.match(report.problems[0].text, /\(found: 1 NetworkAttachmentDefinition\)$/)
  t.same(report.facts, [{ kind: 'NetworkAttachmentDefinition', count: 1 }])
})

// KubeVirt's API server refuses these, so a check must not call them allowed.
const INVALID: readonly (readonly [name: string, policy: string, place: string, text: string])[] = [
  [
    'a switch in quotes',
    migrationPolicy('p', { allowPostCopy: 'true' }),
    '6:3',
    'is not true or false',
  ],
  [
    'a bandwidth of no known unit',
    migrationPolicy('p', { bandwidthPerMigration: '64MB' }),
    '6:3',
    'is not a quantity',
  ],
  [
    'a timeout in words',
    migrationPolicy('p', { completionTimeoutPerGiB: 'fast' }),
    '6:3',
    'is text, not a whole number.',
  ],
  [
    'a selector as other kinds have it',
    migrationPolicy('p', {}).replace('tier: database', 'matchLabels: {tier: database}'),
    '8:7',
    'is a selector as other kinds have it',
  ],
  [
    'a label that is no text',
    migrationPolicy('p', {}).replace('database', 'true'),
    '7:5',
    'has a label whose value is not text',
  ],
  [
    'selectors that are a list',
    migrationPolicy('p', {}).replace(/selectors:.*/s, 'selectors: []\n'),
    '6:3',
    'is not an object',
  ],
]

t.test('a MigrationPolicy that no API server would take is denied', async t => {
  for (const [name, policy, place, text] of INVALID) {
    const { code, report } = await reportOf(t, { 'p.yaml': policy }, ['p.yaml'])
    t.equal(code, 1, name)
    const [finding, ...others] = report.objects[0].findings
    t.same(others, [], name)
    t.equal(finding.rule, 'invalid-value', name)
    t.equal(`${finding.place.line}:${finding.place.column}`, place, name)
    t.equal(finding.absent, false, name)
    t.ok(finding.text.includes(text), finding.text)
  }
})

t.test('a MigrationPolicy may have what its CRD takes', async t => {
  for (const settings of [
    { bandwidthPerMigration: 67_108_864 },
    { bandwidthPerMigration: '64Mi', completionTimeoutPerGiB: 0, allowAutoConverge: true },
    { parallelMigrationsPerCluster: 'unknown here' },
  ]) {
    const { code } = await reportOf(t, { 'p.yaml': migrationPolicy('p', settings) }, ['p.yaml'])
    t.equal(code, 0, JSON.stringify(settings))
  }
})

t.test(
  'of several HyperConvergeds in --facts the one of HCO counts, and before it the one that is judged',
  async t => {
    const endangered = hyperConverged({ ...POST_COPY, network: 'wireless' })
    const elsewhere = hyperConverged(CLEAN).replace('openshift-cnv', 'elsewhere')
    const policy = migrationPolicy('fast', { allowPostCopy: true })
    const networks = network('wireless', 'unstable')
    const denied = async (named: readonly string[], facts: readonly string[]) => {
      const files = {
        'facts.yaml': facts.join('---\n'),
        ...Object.fromEntries(named.map((text, at) => [`${at}.yaml`, text])),
      }
      const judged = named.map((_, at) => `${at}.yaml`)
      const { report } = await reportOf(t, files, [...judged, ...AT, '--facts', 'facts.yaml'])
      return JSON.stringify(report).includes('post-copy-unstable-network')
    }
    for (const facts of [
      [endangered, elsewhere],
      [elsewhere, endangered],
    ])
      t.equal(await denied([policy], [...facts, networks]), true, 'whatever the order')
    const homeless = hyperConverged(CLEAN).replace('  namespace: openshift-cnv\n', '')
    t.equal(await denied([policy, homeless], [endangered, networks]), false, 'the one judged')
  },
)
