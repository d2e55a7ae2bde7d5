// Runs the server as a process of its own: node process.ts '{"tlsDir":"…"}'.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { explainFailure } from '../../../src/cli/explain-failure.ts'
import { runServe } from '../../../src/cli/serve.ts'

const SELF = fileURLToPath(import.meta.url)

/** A server in a process of its own. */
export type ServerProcess = {
  readonly child: ChildProcess
  readonly port: number
  readonly opsPort: number
  readonly said: () => string
  /** How it ended: an exit code or a signal. */
  readonly end: Promise<number | string>
}

/** Starts a server with these flags on free ports and waits until it serves. */
export async function spawnServer(
  t: Test,
  flags: Readonly<Record<string, unknown>>,
  args: readonly string[] = [],
): Promise<ServerProcess> {
  const given = { host: '127.0.0.1', port: 0, opsPort: 0, cluster: 'none', ...flags }
  const child = spawn(process.execPath, [SELF, JSON.stringify(given), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', text => {
    said += text
  })
  const end = once(child, 'exit').then(([code, signal]) => code ?? signal)
  const ended = end.then(how => Promise.reject(new Error(`ended at once (${how}): ${said}`)))
  while (!said.includes('"opsPort":'))
    await Promise.race([ended, once(child.stderr as never, 'data')])
  ended.catch(() => {})
  const { port, opsPort } = JSON.parse(
    said.split('\n').find(line => line.includes('"opsPort"')) ?? '',
  )
  return { child, port, opsPort, said: () => said, end }
}

if (process.argv[1] === SELF) {
  // What no code of the server does: a fault that nobody catches.
  if (process.argv[3] === 'fault')
    process.on('SIGUSR2', () => {
      throw new Error('made by the test')
    })
  const io = { stdout: process.stdout, stderr: process.stderr, env: {}, now: () => new Date() }
  process.exitCode = await runServe(JSON.parse(process.argv[2] ?? '{}'), io).catch(error =>
    explainFailure(error, io),
  )
}
