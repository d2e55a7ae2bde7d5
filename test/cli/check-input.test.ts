import t from 'tap'
import { CLEAN, hyperConverged, migrationPolicy } from './support/manifests.ts'
import { checkIn, inFolder, reportOf, runCli } from './support/run-cli.ts'

const GOOD = hyperConverged(CLEAN)
const HCO = 'apiVersion: hco.kubevirt.io/v1beta1\nkind: HyperConverged\n'

// Each stands beside a good file, which is judged all the same; the run ends with 3.
const BAD: readonly (readonly [name: string, text: string | Buffer, problem: string])[] = [
  ['a line that is no key', `${HCO}metadata\n  name: a\n`, 'bad.yaml:3:1 '],
  ['a list that is not closed', 'a: [1, 2\n', 'bad.yaml:2:1 '],
  ['a key that stands twice', `${HCO}kind: Other\n`, 'bad.yaml:3:1 the key "kind" stands twice'],
  ['a tab as indentation', 'a:\n\tb: 1\n', 'bad.yaml:2:1 a tab stands where'],
  ['a broken document between others', `${GOOD}---\na: [\n---\n${GOOD}`, 'bad.yaml:18:1 '],
  ['an alias bomb', bomb(), 'bad.yaml:'],
  ['deep nesting', '['.repeat(500), 'bad.yaml:1:'],
  ['a binary file', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]), 'bad.yaml this is not a text file'],
  ['text that is not UTF-8', Buffer.from('a: \xe9\n', 'latin1'), 'bad.yaml this is not UTF-8 text'],
  ['a number instead of an object', '42\n', 'bad.yaml:1:1 42 stands where an object is expected'],
  ['a list instead of an object', '- 1\n', 'bad.yaml:1:1 [1] stands where an object is expected'],
  [
    'a HyperConverged without apiVersion',
    GOOD.replace(/^apiVersion.*\n/, ''),
    'bad.yaml:1:1 apiVersion is nothing; HyperConverged needs hco.kubevirt.io/v1',
  ],
  [
    'a HyperConverged of another group',
    GOOD.replace('hco.kubevirt.io/', 'hco.kubevirt.com/'),
    'bad.yaml:1:1 apiVersion is "hco.kubevirt.com/v1beta1"; HyperConverged needs',
  ],
  [
    'a misspelt kind',
    GOOD.replace('kind: HyperConverged', 'kind: Hyperconverged'),
    'bad.yaml:2:1 kind is "Hyperconverged"; hco.kubevirt.io has the kind HyperConverged',
  ],
  ['an object without a name', HCO, 'bad.yaml:1:1 HyperConverged without a name'],
  [
    'a spec that is a list',
    `${HCO}metadata: {name: a}\nspec: []\n`,
    'bad.yaml:4:1 spec is [], not a mapping',
  ],
  [
    'an annotation that is no text',
    `${HCO}metadata: {name: a, annotations: {migration-guard.io/data: true}}\n`,
    'bad.yaml:3:35 annotation "migration-guard.io/data" is true, not text: put it in quotes',
  ],
  [
    'an item of a List that is no object',
    'kind: List\nitems:\n  - {kind: A}\n  - text\n',
    'bad.yaml:4:5 "text" stands where an object is expected',
  ],
  [
    'an AdmissionReview without uid',
    'kind: AdmissionReview\napiVersion: admission.k8s.io/v1\nrequest: {}\n',
    'bad.yaml:1:1 request.uid is missing',
  ],
  [
    'an AdmissionReview of another kind',
    JSON.stringify({
      kind: 'AdmissionReview',
      apiVersion: 'admission.k8s.io/v1',
      request: {
        uid: '1',
        kind: { group: '', version: 'v1', kind: 'Pod' },
        operation: 'CREATE',
        userInfo: { username: 'eve' },
        object: {},
      },
    }),
    'bad.yaml:1:1 request.kind is /v1 Pod; only HyperConverged',
  ],
]

t.test('what cannot be read is named with its place, and the other files are judged', async t => {
  for (const [name, text, expected] of BAD) {
    const files = { 'bad.yaml': text, 'good.yaml': GOOD }
    const { code, report } = await reportOf(t, files, ['bad.yaml', 'good.yaml'])
    t.equal(code, 3, name)
    t.equal(report.problems.length, 1, name)
    const { file, line, column, text: reason } = report.problems[0]
    const found = `${[file, ...(line > 0 ? [line, column] : [])].join(':')} ${reason}`
    t.equal(found.slice(0, expected.length), expected, name)
    t.ok(
      report.objects.some(({ place }: { place: { file: string } }) => place.file === 'good.yaml'),
      name,
    )
  }
})

t.test('bad input outranks a denial', async t => {
  const denied = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 })
  const { code, report } = await reportOf(t, { 'a.yaml': denied, 'b.yaml': 'a: [' }, ['.'])
  t.equal(code, 3)
  t.equal(report.summary.denied, 1)
  t.equal(report.exitCode, 3)
})

// A typo in a path must never look like success.
const NOTHING: readonly (readonly [name: string, args: readonly string[], expected: string])[] = [
  ['a file that is not there', ['nope.yaml'], 'nope.yaml: there is no such file or folder'],
  ['a path through a file', ['other.yaml/x'], 'other.yaml/x: there is no such file: part of'],
  ['a folder without manifests', ['empty'], 'empty: no *.yaml, *.yml or *.json in this folder'],
  ['nothing but other kinds', ['other.yaml'], 'other.yaml: nothing to check here: no HyperCon'],
  ['an empty file', ['empty.yaml'], 'empty.yaml: nothing to check here'],
  ['empty standard input', ['-'], '<stdin>: nothing to check here'],
]

t.test('nothing to check is never success', async t => {
  const files = {
    'empty.yaml': '# nothing\n---\n',
    'other.yaml': 'kind: ConfigMap\napiVersion: v1\n',
    empty: { 'README.md': 'kind: HyperConverged' },
  }
  for (const [name, args, expected] of NOTHING) {
    const { code, report } = await reportOf(t, files, args)
    t.equal(code, 3, name)
    const [{ file, text }] = report.problems
    t.equal(`${file}: ${text}`.slice(0, expected.length), expected, name)
  }
})

t.test('other kinds are skipped and counted', async t => {
  const others = ['ConfigMap', 'Deployment', 'ConfigMap'].map(kind => `kind: ${kind}\n---\n`)
  const { code, report } = await reportOf(
    t,
    { 'a.yaml': `${others.join('')}just: text\n---\n${GOOD}` },
    ['a.yaml'],
  )
  t.equal(code, 0)
  t.same(report.skipped, [
    { kind: 'ConfigMap', count: 2 },
    { kind: 'Deployment', count: 1 },
    { kind: 'without a kind', count: 1 },
  ])
})

t.test('folders are searched through, and each file is read once', async t => {
  const files = {
    'a.yaml': GOOD,
    sub: { 'b.yml': GOOD, deeper: { 'c.JSON': JSON.stringify({ kind: 'Other' }) }, 'd.txt': '[' },
    node_modules: { 'e.yaml': '[' },
    '.git': { 'f.yaml': '[' },
    '.migration-guard': { examples: { 'g.yaml': '[' } },
    link: t.fixture('symlink', 'sub/b.yml'),
    loop: t.fixture('symlink', '.'),
  }
  const { report, code } = await reportOf(t, files, ['.', 'sub/../a.yaml', 'sub'])
  t.equal(code, 0)
  t.same(
    report.objects.map(({ place }: { place: { file: string } }) => place.file),
    ['a.yaml', 'sub/b.yml'],
  )
  t.equal(report.summary.files, 3)
})

t.test('what is named is read, in a folder with a dot as well', async t => {
  const files = { '.hidden': { 'a.yaml': GOOD, '.deeper': { 'b.yaml': GOOD } }, '.c.yaml': GOOD }
  const places = async (...paths: readonly string[]) => {
    const { report } = await reportOf(t, files, paths)
    return report.objects.map(({ place }: { place: { file: string } }) => place.file)
  }
  t.same(await places('.'), ['.c.yaml'])
  t.same(await places('.hidden'), ['.hidden/a.yaml'])
  t.same(await places('.hidden/.deeper/b.yaml'), ['.hidden/.deeper/b.yaml'])
})

t.test('documents, Lists, typed lists and JSON are all read', async t => {
  const policy = JSON.parse(
    '{"metadata":{"name":"typed"},"spec":{"selectors":{"namespaceSelector":{"a":"b"}}}}',
  )
  const typed = {
    apiVersion: 'migrations.kubevirt.io/v1alpha1',
    kind: 'MigrationPolicyList',
    items: [policy],
  }
  const list = `apiVersion: v1\nkind: List\nitems:\n  - ${migrationPolicy('listed', {}).trim().replaceAll('\n', '\n    ')}\n`
  const { report, code } = await reportOf(
    t,
    { 'a.yaml': `${GOOD}---\n${list}`, 'b.json': `\ufeff${JSON.stringify(typed)}` },
    ['.'],
  )
  t.equal(code, 0)
  t.same(
    report.objects.map(({ name, place }: { name: string; place: { line: number } }) => [
      name,
      place.line,
    ]),
    [
      ['kubevirt-hyperconverged', 1],
      ['listed', 20],
      ['typed', 1],
    ],
  )
})

t.test('a template is called one', async t => {
  const helm = GOOD.replace('kubevirt-hyperconverged', '{{ .Release.Name }}')
  const { code, out } = await checkIn(t, { 'a.yaml': helm, 'b.yaml': 'a: [\n' }, ['.'])
  t.equal(code, 3)
  t.match(out, /a\.yaml:4:\d+\n[^;]*; this\s+looks like a template: render it first\n/)
  t.equal(out.split('template').length, 2, 'and nothing else is')
})

t.test('standard input is read for -, once', async t => {
  const denied = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 })
  const { code, report } = await reportOf(t, {}, ['-'], { stdin: denied })
  t.equal(code, 1)
  t.equal(report.objects[0].place.file, '<stdin>')
  const twice = await checkIn(t, {}, ['-', '--policy', '-'], { stdin: denied })
  t.match(twice, { code: 3, out: '', err: /standard input can be read only once/ })
})

t.test('unreadable files do not end the run', async t => {
  inFolder(t, { 'a.yaml': GOOD, 'dangling.yaml': t.fixture('symlink', 'nowhere') })
  const { code, out } = await runCli(['check', '.'])
  t.equal(code, 3)
  t.match(out, /error {3}dangling.yaml\n {10}there is no such file or folder\n/)
})

function bomb(): string {
  const levels = 'abcdefgh'.split('').map((name, index, all) => {
    const inner = index === 0 ? 'x' : `*${all[index - 1]}`
    return `${name}: &${name} [${Array(10).fill(inner).join(', ')}]\n`
  })
  return levels.join('')
}
