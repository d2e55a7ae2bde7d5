import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn, reportOf } from './support/run-cli.ts'

const NEWER = 'newer than this release knows: the newest defaults known were assumed'
const VERSIONS: readonly (readonly [version: string, note: string | null])[] = [
  ['1.17', null],
  ['1.20', null],
  ['1.99', `HCO 1.99 is ${NEWER}`],
  ['4.18', 'OpenShift Virtualization 4.18 was taken for HCO 1.14'],
  ['4.22.1', 'OpenShift Virtualization 4.22.1 was taken for HCO 1.18'],
  ['4.23', `OpenShift Virtualization 4.23 was taken for HCO 1.19, and is ${NEWER}`],
]

const POLICY = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\n'

t.test('a version is that of HCO or of OpenShift, and what was assumed of it is said', async t => {
  for (const [version, note] of VERSIONS) {
    const status = `status: {versions: [{name: operator, version: '${version}'}]}\n`
    const plain = hyperConverged(CLEAN)
    const said = {
      flag: [{ 'a.yaml': plain }, ['--hco-version', version]],
      policy: [
        { 'a.yaml': plain, 'p.yaml': `${POLICY}hcoVersion: "${version}"\n` },
        ['--policy', 'p.yaml'],
      ],
      'the object': [
        { 'a.yaml': plain + status, 'old.yaml': plain + status },
        ['--old', 'old.yaml'],
      ],
    } as const
    for (const [where, [files, args]] of Object.entries(said)) {
      const { code, report } = await reportOf(t, files, ['a.yaml', ...args])
      t.equal(code, 0, `${version} by ${where}`)
      const texts = report.objects[0].notes.map(({ text }: { text: string }) => text)
      t.same(texts, note === null ? [] : [note], `${version} by ${where}`)
    }
  }
})

t.test('the defaults are those of the HCO that OpenShift has', async t => {
  const files = { 'a.yaml': hyperConverged({ allowPostCopy: true }) }
  const filledAt = async (version: string) => {
    const { report } = await reportOf(t, files, ['a.yaml', '--hco-version', version])
    return report.objects[0].filled.map(({ field }: { field: string }) => field)
  }
  t.same(await filledAt('4.21'), await filledAt('1.17'))
  t.notSame(await filledAt('4.21'), await filledAt('1.19'))
})

t.test('a version before the mapping, or of something else, is refused', async t => {
  for (const version of ['4.7', '3.11', 'latest', '4']) {
    const files = { 'a.yaml': hyperConverged(CLEAN) }
    const { code, err } = await checkIn(t, files, ['a.yaml', '--hco-version', version])
    t.equal(code, 3, version)
    t.match(
      err,
      'a version such as 1.17, or one of OpenShift Virtualization from 4.8 on, is needed',
    )
  }
})
