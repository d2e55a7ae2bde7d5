import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { tlsDir } from '../server/support/guard.ts'
import { until } from '../server/support/until.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const LAUNCHER = `${ROOT}bin/migration-guard.js`

type Ended = { readonly code: number | null; readonly out: string; readonly err: string }

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, stdin = '') {
  return new Promise<Ended>((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: ROOT, env: { ...process.env, ...env } })
    let out = ''
    let err = ''
    child.stdout.on('data', chunk => {
      out += chunk
    })
    child.stderr.on('data', chunk => {
      err += chunk
    })
    child.on('error', reject)
    child.on('close', code => resolve({ code, out, err }))
    child.stdin.end(stdin)
  })
}

// As if this Node were an old one; whom it starts again is a real one.
const OLD = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.20.2'}})`

t.test('the command runs as a program of its own, from arguments to exit code', async t => {
  const denied = await start([LAUNCHER, 'check', 'examples/manifests/parallel-20.yaml'])
  t.match(denied, { code: 1, out: /deny .*parallel-20\.yaml:11:5/, err: '' })
  const piped = await start([LAUNCHER, 'check', '-', '-o', 'github'], {}, 'kind: ConfigMap\n')
  t.match(piped, { code: 3, out: /^::error file=<stdin>,title=/ })
  const mistaken = await start([LAUNCHER, 'chek'])
  t.match(mistaken, { code: 3, out: '', err: /Did you mean check\?/ })
})

t.test('an old Node starts the one that came with the package', async t => {
  const carried = existsSync(`${ROOT}node_modules/.bin/node`)
  const args = ['--import', OLD, LAUNCHER, 'explain', 'no-such-rule']
  const { code, err } = await start(args)
  t.equal(code, 3, 'the exit code is that of the program')
  t.match(
    err,
    carried ? /there is no rule or setting "no-such-rule"/ : /needs Node 22\.19 or newer/,
  )
})

// Starts a server under an old Node, in a process group of its own.
async function serve(t: Test, dir: string, replica: string, delay: number) {
  const flags = `--host 127.0.0.1 --port 0 --ops-port 0 --cluster none --shutdown-delay ${delay}`
  const files = ['--tls-dir', dir, '--audit-file', `${dir}/${replica}.jsonl`]
  const args = ['--import', OLD, LAUNCHER, 'serve', ...flags.split(' '), ...files]
  const child = spawn(process.execPath, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const { pid = 0 } = child
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  const end = once(child, 'exit')
  t.teardown(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL')
  })
  await until(() => said.includes('serving reviews'))
  const signal = (name: NodeJS.Signals, whom: 'group' | 'launcher') =>
    process.kill(whom === 'group' ? -pid : pid, name)
  return { signal, end, said: () => said }
}

t.test('a signal that comes once more at once, by whatever way, is one', async t => {
  const dir = tlsDir(t)
  const cases = [
    ['SIGTERM', 'group'],
    ['SIGINT', 'group'],
    ['SIGTERM', 'launcher'],
  ] as const
  const runs = cases.map(async ([name, whom]) => {
    const { signal, end, said } = await serve(t, dir, name + whom, 1)
    signal(name, whom)
    // However the two would race: as they come from timeout, which signals its child and then the whole group.
    await until(() => said().includes('shutting down'))
    signal(name, whom)
    t.same(await end, [0, null], `${name} to the ${whom}`)
    t.match(said(), /shut down: every review was answered/)
  })
  await Promise.all(runs)
})

t.test('somebody who asks again in another way is not kept waiting', async t => {
  const { signal, end, said } = await serve(t, tlsDir(t), 'a', 60)
  signal('SIGTERM', 'group')
  await until(() => said().includes('shutting down'))
  signal('SIGINT', 'group')
  t.same(await end, [1, null])
  t.match(said(), /second SIGINT, exiting/)
})

t.test('an old Node that finds no other says what is needed', async t => {
  const ended = await start(['--import', OLD, LAUNCHER, 'explain'], {
    MIGRATION_GUARD_NODE: 'tried',
  })
  t.match(ended, {
    code: 3,
    out: '',
    err: /^migration-guard needs Node 22\.19 or newer; this is v/,
  })
  t.match(ended.err, /Install a newer Node/)
})

/** A folder with the launcher in it, and what else is installed there; outside the checkout, whose libraries would be found. */
function installed(t: Test, files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'migration-guard-launcher-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const launcher = join(folder, 'bin/migration-guard.js')
  cpSync(LAUNCHER, launcher)
  for (const [name, text] of Object.entries({ 'package.json': '{"type":"module"}', ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return { folder, launcher }
}

t.test(
  'in a checkout the sources run and not a bundle of some day; a package has no other',
  async t => {
    const src = { 'src/main.ts': "console.log('the sources' satisfies string)" }
    const dist = { 'dist/migration-guard.js': "console.log('the bundle')" }
    const run = async (files: Readonly<Record<string, string>>) =>
      (await start([installed(t, files).launcher])).out
    t.equal(await run({ ...src, ...dist }), 'the sources\n')
    t.equal(await run(dist), 'the bundle\n')
  },
)

t.test('without npm ci it says so, and shows no stack', async t => {
  const { folder, launcher } = installed(t, { 'src/main.ts': "import 'commander'" })
  const err = `migration-guard: its libraries are not installed: run npm ci in ${folder}/\n`
  t.same(await start([launcher, 'explain']), { code: 3, out: '', err })
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  t.match(scripts.start, /^node bin\/migration-guard\.js /, 'npm start goes the same way')
})

t.test('explain, check and the help load no library of the server', async t => {
  // A hook that writes the address of every module that is loaded.
  const hook = `data:text/javascript,${encodeURIComponent(
    "import{registerHooks}from'node:module';registerHooks({load(url,context,next){process.stderr.write(url+'\\n');return next(url,context)}})",
  )}`
  const main = `${ROOT}src/main.ts`
  const commands: readonly (readonly [argv: readonly string[], heavy: RegExp])[] = [
    [['--help'], /fastify|client-node|node-forge|prom-client|\/ajv\/|\/core\/decision/],
    [['explain', 'invalid-value'], /fastify|client-node|node-forge|prom-client|\/ajv\//],
    [['check', 'examples/manifests'], /fastify|client-node|node-forge|prom-client|\/ajv\//],
  ]
  for (const [argv, heavy] of commands) {
    const { err } = await start(['--import', hook, main, ...argv])
    const loaded = err.split('\n').filter(url => url.startsWith('file:'))
    t.ok(loaded.length > 5, argv.join(' '))
    t.same(
      loaded.filter(url => heavy.test(url)),
      [],
      argv.join(' '),
    )
  }
})

t.test('a reader that stops early, as head does, is no error', async t => {
  const pipe = `"${process.execPath}" "${LAUNCHER}" explain -o json | head -c 10`
  const child = spawn('bash', ['-o', 'pipefail', '-c', pipe], { cwd: ROOT })
  let err = ''
  child.stderr.on('data', chunk => {
    err += chunk
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  t.same({ code, err }, { code: 0, err: '' })
})

t.test('output that cannot be written is an error that says why', async t => {
  const closed = openSync('/dev/null', 'r')
  t.teardown(() => closeSync(closed))
  const child = spawn(process.execPath, [LAUNCHER, 'explain'], {
    stdio: ['ignore', closed, 'pipe'],
  })
  let err = ''
  child.stderr?.on('data', chunk => {
    err += chunk
  })
  const code = await new Promise(resolve => child.on('close', resolve))
  t.match({ code, err }, { code: 4, err: /^error: standard output cannot be written to: EBADF/ })
})

t.test(
  'the package holds what the program looks for beside itself, and the pages that README links to',
  async t => {
    const pack = ['pack', '--dry-run', '--json', '--ignore-scripts']
    const { stdout } = await promisify(execFile)('npm', pack, { cwd: ROOT })
    const [{ files }] = JSON.parse(stdout)
    const packed: readonly string[] = files.map(({ path }: { path: string }) => path)
    const needed = [
      'examples/reviews/parallel-20.json',
      'manifests/base/kustomization.yaml',
      'test/control-plane/go.mod',
      'test/control-plane/go.sum',
    ]
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    const pages = [...readme.matchAll(/\]\((docs\/[^)#]+)/g)].map(([, page = '']) => page)
    t.ok(pages.length > 5)
    for (const path of [...needed, ...pages]) t.ok(packed.includes(path), path)
  },
)
