import { spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { CLEAN, hyperConverged } from './support/manifests.ts'
import { checkIn, inFolder } from './support/run-cli.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/migration-guard.js', import.meta.url))
const DENIED = hyperConverged({ ...CLEAN, parallelMigrationsPerCluster: 20 })

// A process that may write no byte into any file, as on a disk that is full. The hook of the test runner would want to.
async function checkOnFullDisk(args: readonly string[]) {
  const command = `unset NODE_OPTIONS; ulimit -f 0; exec "${process.execPath}" "${LAUNCHER}" check ${args.join(' ')}`
  const child = spawn('sh', ['-c', command], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [out, code] = await Promise.all([
    text(child.stdout),
    new Promise(resolve => child.on('close', resolve)),
  ])
  return { out, code }
}

t.test('a file that cannot be written is judged and reported as it is on disk', async t => {
  inFolder(t, { 'a.yaml': DENIED })
  const { out, code } = await checkOnFullDisk(['a.yaml', '--fix'])
  t.equal(readFileSync('a.yaml', 'utf8'), DENIED, 'not a byte of it is lost')
  t.equal(code, 3)
  t.match(out, /^a\.yaml: 0 values written\n {2}! {7}\S+parallelMigrationsPerCluster\n/)
  t.match(out, /not written: the file would be larger than a file may be here\n/)
  t.match(out, /deny {4}a\.yaml:12:5 \[parallel-migrations-too-high\]\n/)
  t.match(out, /error {3}a\.yaml\n {10}would be larger than a file may be here\n/)
  t.match(out, /1 object in 1 file: 1 denied, no warnings, 1 error in the input\n$/)
})

t.test('the formats for programs tell the same of it', async t => {
  inFolder(t, { 'a.yaml': DENIED })
  const json = JSON.parse((await checkOnFullDisk(['a.yaml', '--fix', '-o', 'json'])).out)
  t.match(json, {
    exitCode: 3,
    summary: { denied: 1, problems: 1 },
    objects: [{ outcome: 'denied', findings: [{ rule: 'parallel-migrations-too-high' }] }],
    problems: [{ file: 'a.yaml', text: 'would be larger than a file may be here' }],
  })
  const field = 'spec.liveMigrationConfig.parallelMigrationsPerCluster'
  t.match(json.fixed, [{ file: 'a.yaml', changes: [], uncorrected: [{ field }] }])
  t.same(json.fixed[0].changes, [])
  const sarif = JSON.parse((await checkOnFullDisk(['a.yaml', '--fix', '-o', 'sarif'])).out)
  t.match(sarif.runs[0].results, [{ ruleId: 'parallel-migrations-too-high', level: 'error' }])
  t.equal(sarif.runs[0].invocations[0].executionSuccessful, false)
})

t.test(
  'what became something else meanwhile is named, and the other files are written',
  async t => {
    // Read after the files before it, and before any of them is written.
    async function* replacing() {
      rmSync('a.yaml')
      mkdirSync('a.yaml')
      yield Buffer.from('kind: ConfigMap\n')
    }
    const files = { 'a.yaml': DENIED, 'b.yaml': DENIED.replace('name: kubevirt', 'name: other') }
    const args = ['a.yaml', 'b.yaml', '-', '--fix']
    const { code, out, err } = await checkIn(t, files, args, { stdin: replacing() })
    t.equal(code, 3)
    t.equal(out, 'kind: ConfigMap\n')
    t.match(
      err,
      /^a\.yaml: 0 values written\n {2}! .*\n {10}not written: the file is no longer what was read\n/,
    )
    t.match(err, /\nb\.yaml: 1 value written\n/)
    t.match(readFileSync('b.yaml', 'utf8'), 'parallelMigrationsPerCluster: 5\n')
    t.match(err, /error {3}a\.yaml\n {10}is a folder, not a file\n/)
    t.notMatch(err, /kubevirt-hyperconverged: /, 'what is not there any more is not judged')
  },
)
