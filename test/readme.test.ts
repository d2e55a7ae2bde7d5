import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { runCli } from './cli/support/run-cli.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const commands = [...readme.matchAll(/```sh\n(.*)\n```/g)].map(([, command]) => command)
const shown = [...readme.matchAll(/```console\n([\s\S]*?)```/g)].map(([, text = '']) => text)

t.test('the README has two commands, and npm knows both', t => {
  t.same(commands, ['npm ci && npm start', 'npm ci && npm test'])
  for (const name of ['start', 'test']) t.ok(manifest.scripts[name], name)
  t.end()
})

t.test(
  'npm start shows what the README shows, and its curl gets the answer it promises',
  async t => {
    const folder = mkdtempSync(join(tmpdir(), 'migration-guard-readme-'))
    const [, ...args] = manifest.scripts.start.split(' ')
    const ports = ['--port', '0', '--ops-port', '0', '--tls-dir', join(folder, 'certs')]
    const files = ['--audit-file', join(folder, 'audit.jsonl')]
    const guard = spawn(process.execPath, [...args, ...ports, ...files], { cwd: root })
    t.teardown(() => guard.kill('SIGKILL'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const said = await readUntil([guard.stdout, guard.stderr], 'Stop with Ctrl+C.\n')
    const [promised = ''] = shown
    t.same(said.split('\n').map(familiar).sort(), promised.split('\n').map(familiar).sort())
    const curl = /^ +(cd [^\n]+\n[^\n]+\n[^\n]+)\n/m.exec(said)?.[1] ?? ''
    const answer = JSON.parse(await shell(curl))
    const message = answer.response.status.message.split('\n').filter((line: string) => line !== '')
    for (const line of message) t.ok(said.includes(line), line)
    const exit = once(guard, 'exit')
    guard.kill('SIGINT')
    t.same(await exit, [0, null])
  },
)

t.test('check shows what the README shows', async t => {
  const [, terminal = ''] = shown
  const [command = '', ...output] = terminal.split('\n')
  t.match(command, /^\$ npx migration-guard check /)
  const { out } = await runCli(command.split(' ').slice(3))
  t.equal(output.join('\n'), out)
})

t.test('every page that the README and the docs link to exists', t => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'manifests/README.md', 'certs/README.md']
  const docs = [
    'audit',
    'ci',
    'declare',
    'exceptions',
    'how-it-decides',
    'install',
    'policy',
    'rules',
    'security',
    'try',
  ]
  for (const page of [...pages, ...docs.map(name => `docs/${name}.md`)]) {
    const text = readFileSync(join(root, page), 'utf8')
    for (const [, link = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g))
      t.ok(existsSync(join(root, page, '..', link)), `${page} → ${link}`)
  }
  t.end()
})

// Ports, paths and dates are another machine's and another day's.
function familiar(line: string): string {
  return line
    .replace(/cd \S+/, 'cd FOLDER')
    .replace(/\S*\/(?=certs\b|audit\.jsonl|ca\.crt|bin\/migration-guard)/g, '')
    .replace(/certs\//g, '')
    .replace(/\b(127\.0\.0\.1:|port )\d+/g, '$1N')
    .replace(/\d{4}-\d{2}-\d{2}/g, 'DATE')
    .replace(/\.\/audit/g, 'audit')
}

function readUntil(streams: readonly NodeJS.ReadableStream[], end: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    for (const stream of streams) {
      stream.on('data', chunk => {
        said += String(chunk)
        if (said.includes(end)) resolve(said)
      })
      stream.on('end', () => reject(new Error(`it ended after: ${said}`)))
    }
  })
}

async function shell(command: string): Promise<string> {
  const child = spawn('sh', ['-c', `${command} --silent`], { cwd: tmpdir() })
  let out = ''
  child.stdout.on('data', chunk => {
    out += String(chunk)
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
  return out
}
