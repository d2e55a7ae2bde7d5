import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { ERAS } from '../../src/control-plane/crds/eras.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGE = readFileSync(join(ROOT, 'docs/try.md'), 'utf8')

// Apart from whatever else is tried on this machine.
const TEMPORARY = mkdtempSync(join(tmpdir(), 'try-test-'))
t.teardown(() => rmSync(TEMPORARY, { recursive: true }))
const leftovers = () => readdirSync(TEMPORARY)

function start(t: Test, args: readonly string[], env = process.env) {
  const child = spawn(process.execPath, ['src/main.ts', 'try', ...args], {
    cwd: ROOT,
    env: { ...env, TMPDIR: TEMPORARY },
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

async function run(t: Test, args: readonly string[], env = process.env) {
  const child = start(t, args, env)
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, stdout, stderr }
}

for (const era of ERAS)
  t.test(`--demo on HCO ${era}: six commands, each with the outcome that was told`, async t => {
    const { code, stdout, stderr } = await run(t, ['--demo', '--era', era])
    t.match(stdout, /\n6 of 6 came out as told; \d+ audit records, their chain verified\n$/)
    t.notMatch(stdout, 'UNEXPECTED')
    t.equal(code, 0)
    t.match(stderr, `with the CRDs of HCO ${era}\n`)
    t.strictSame(leftovers(), [])
  })

t.test('docs/try.md shows what the demonstration prints', async t => {
  const { stdout, stderr } = await run(t, ['--demo'])
  const [, shown] = /```console\n\$ npx migration-guard try --demo\n([\s\S]*?)```/.exec(PAGE) ?? []
  t.equal(familiar(stderr + stdout), familiar(shown ?? ''))
})

t.test('the commands that it prints, typed into a shell, do what it says', async t => {
  const guided = start(t, [])
  const exited = once(guided, 'close')
  let said = ''
  guided.stdout.setEncoding('utf8').on('data', chunk => {
    said += chunk
  })
  while (!said.includes('Ctrl-C ends it all')) await once(guided.stdout, 'data')
  const [, enter = ''] = /^ {2}(cd \S+ && \. \.\/env)$/m.exec(said) ?? []
  const folder = /cd (\S+)/.exec(enter)?.[1] ?? ''
  const steps = [...said.matchAll(/^\d\. .*\n {5}(.*)\n {3}(allowed|denied)(?: (\[.*\]))?: .*$/gm)]
  t.equal(steps.length, 6)
  for (const [, command = '', verdict, rule = ''] of steps) {
    const shell = spawn('sh', ['-c', `${enter} && ${command}`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const [stderr, [code]] = await Promise.all([text(shell.stderr), once(shell, 'close')])
    t.equal(code === 0, verdict === 'allowed', command)
    t.ok(stderr.includes(rule), rule)
  }
  t.match(said, /denied: parallel-migrations-too-high deny/, 'it tells what was decided')
  const [, verify = ''] = /^Verify it: +(.*)$/m.exec(said) ?? []
  const verified = spawn('sh', ['-c', `${enter} && ${verify}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.match(await text(verified.stdout), /^verified: /, 'from the folder in which one is by then')
  guided.kill('SIGINT')
  t.strictSame(await exited, [0, null])
  t.equal(existsSync(dirname(folder)), false, 'nothing is left')
})

t.test('the audit log can be kept', async t => {
  const file = join(t.testdir(), 'log.jsonl')
  const { code } = await run(t, ['--demo', '--audit-file', file])
  t.equal(code, 0)
  t.ok(readFileSync(file, 'utf8').split('\n').length > 12)
})

t.test('without a control plane it says what to install or set', async t => {
  const empty = t.testdir()
  const env = { ...process.env, KUBEBUILDER_ASSETS: empty }
  const { code, stdout, stderr } = await run(t, ['--demo'], env)
  t.equal(code, 3)
  t.equal(stdout, '')
  t.match(stderr, 'there is no executable kube-apiserver, etcd, kubectl in it.')
})

// Names of temporary folders, days and the release of Kubernetes are another run's.
function familiar(said: string): string {
  return said
    .replace(/\/\S*migration-guard-try-\S+(?=\/)/g, 'FOLDER')
    .replace(/kubectl-edit-\d+/g, 'kubectl-edit-N')
    .replace(/Kubernetes v\S+/g, 'Kubernetes vN')
    .replace(/\d{4}-\d{2}-\d{2}/g, 'DATE')
    .replace(/\d+ audit records/g, 'N audit records')
}
