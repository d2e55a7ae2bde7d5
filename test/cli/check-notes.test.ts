import t from 'tap'
import { CLEAN, hyperConverged, migrationPolicy } from './support/manifests.ts'
import { reportOf } from './support/run-cli.ts'

const GOOD = hyperConverged(CLEAN)

// The API server drops these, so the webhook never sees them.
const DROPPED: readonly (readonly [name: string, text: string, level: string, note: string])[] = [
  [
    'a misspelt setting',
    hyperConverged({ allowPostcopy: true, ...CLEAN }),
    'warning',
    '10:5 there is no setting allowPostcopy, so it is dropped: did you mean allowPostCopy?',
  ],
  [
    'a setting of a later version',
    hyperConverged({ ...CLEAN, maxDowntimeMs: 300 }),
    'info',
    '16:5 maxDowntimeMs is not a setting known to this release',
  ],
  [
    'settings where another API version has them',
    hyperConverged(CLEAN).replace('v1beta1', 'v1'),
    'warning',
    '9:3 spec.liveMigrationConfig is not where v1 has these settings, so they are dropped: move them to spec.virtualization.liveMigrationConfig',
  ],
  [
    'a misspelt setting of a policy',
    migrationPolicy('p', { allowPostCoppy: false }),
    'warning',
    '6:3 there is no setting allowPostCoppy, so it is dropped: did you mean allowPostCopy?',
  ],
  [
    'a misspelt selector',
    migrationPolicy('p', {}).replace('namespaceSelector', 'namespaceSelectors'),
    'warning',
    '7:5 there is no setting namespaceSelectors, so it is dropped: did you mean namespaceSelector?',
  ],
  [
    'a declaration that declares nothing',
    hyperConverged(CLEAN, { 'migration-guard.io/data': 'critcal' }),
    'warning',
    '8:5 migration-guard.io/data: "critcal" is ignored: expected critical',
  ],
  [
    'a profile that is none',
    hyperConverged(CLEAN).replace('profile: heavy', 'profile: hevy'),
    'warning',
    '7:5 migration-guard.io/workload-profile: "hevy" is ignored: it is neither heavy nor standard',
  ],
  [
    'an annotation that there is not',
    hyperConverged(CLEAN, { 'migration-guard.io/profile': 'heavy' }),
    'warning',
    '8:5 migration-guard.io/profile is ignored: there is no such annotation; known are workload-profile, data, network-stability, filled, pinned',
  ],
  [
    'a pin of nothing',
    hyperConverged(CLEAN, { 'migration-guard.io/pinned': 'networks' }),
    'warning',
    '8:5 migration-guard.io/pinned: "networks" is ignored: there is no such setting',
  ],
]

t.test('what has no effect is noted where it stands, and counts with --strict', async t => {
  for (const [name, text, level, expected] of DROPPED) {
    const { code, report } = await reportOf(t, { 'a.yaml': text }, ['a.yaml', '--strict'])
    const notes = report.objects[0].notes.map(
      ({ place, text: note }: { place: { line: number; column: number }; text: string }) =>
        `${place.line}:${place.column} ${note}`,
    )
    t.ok(notes.includes(expected), `${name}: ${notes.join('; ')}`)
    t.equal(code, level === 'warning' ? 2 : 0, name)
  }
})

t.test('a setting that the version does not know is noted and not judged', async t => {
  const text = hyperConverged({ ...CLEAN, allowPostCopy: true, allowWorkloadDisruption: false })
  const { report } = await reportOf(t, { 'a.yaml': text }, ['a.yaml', '--hco-version', '1.17'])
  t.same(report.objects[0].findings, [])
  t.match(report.objects[0].notes, [
    { text: 'allowWorkloadDisruption is not known to HCO 1.17, which drops it', level: 'warning' },
  ])
})

t.test('what a check cannot know is said, and fails nothing', async t => {
  const notes = async (files: Readonly<Record<string, string>>, args: readonly string[]) => {
    const { code, report } = await reportOf(t, files, [...args, '--strict'])
    t.equal(code, 0)
    return report.objects.flatMap(({ notes: all }: { notes: { text: string }[] }) =>
      all.map(({ text }) => text.split(' ').slice(0, 4).join(' ')),
    )
  }
  const policy = migrationPolicy('p', { allowPostCopy: true })
  const postCopy = hyperConverged({ ...CLEAN, allowPostCopy: true })
  const facts = 'kind: VirtualMachineInstanceList\nitems: []\n'
  t.same(await notes({ 'p.yaml': policy }, ['p.yaml']), ['judged without a HyperConverged;'])
  t.same(await notes({ 'p.yaml': policy, 'h.yaml': GOOD }, ['.', '--hco-version', '1.17']), [])
  t.same(await notes({ 'h.yaml': postCopy }, ['.', '--hco-version', '1.17']), ['post copy is on;'])
  const known = ['h.yaml', '--hco-version', '1.17', '--facts', 'facts.yaml']
  t.same(await notes({ 'h.yaml': postCopy, 'facts.yaml': facts }, known), [])
})
