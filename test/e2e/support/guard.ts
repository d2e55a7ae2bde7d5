import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { ControlPlane } from '../../../src/control-plane/control-plane.ts'
import { freePort } from '../../../src/control-plane/free-port.ts'
import { type MetricSample, parseSamples } from '../../../src/control-plane/metric-samples.ts'
import { type Program, startProgram, untilReady } from '../../../src/control-plane/program.ts'

const MAIN = join(import.meta.dirname, '../../../src/main.ts')

export type GuardOptions = {
  /** Path of the kubeconfig it reads the cluster with; without one it knows no cluster. */
  readonly kubeconfig?: string
  /** Text of the policy file. */
  readonly policy?: string
  /** More options of `serve`. */
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Tells several guards of one cluster apart. */
  readonly name?: string
}

/** A guard in a process of its own, in front of a control plane. */
export type Guard = {
  /** Where webhook configurations send reviews. */
  readonly url: string
  readonly opsUrl: string
  /** Path of the policy file; rewritten to try a reload. */
  readonly policyFile: string
  readonly auditFile: string
  /** Its audit records so far. */
  records(): readonly Record<string, unknown>[]
  log(): string
  metrics(): Promise<readonly MetricSample[]>
  /** Stops it in the middle of whatever it does, as a machine does that swaps, until the function returned is called. */
  freeze(): () => void
  /** Ends it by a signal and waits until it is gone; configurations still point at it. */
  end(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same ports and waits until it is ready. */
  start(): Promise<void>
}

/** Starts `migration-guard serve` and waits until it is ready; it ends with the test. */
export async function startGuard(
  t: Test,
  plane: ControlPlane,
  options: GuardOptions = {},
): Promise<Guard> {
  const { name = 'guard' } = options
  const files = writeFiles(plane, name, options.policy)
  const [port, opsPort] = [await freePort(), await freePort()]
  const opsUrl = `http://127.0.0.1:${opsPort}`
  const args = commandLine(port, opsPort, files, options)
  const launch = async () => {
    const env = { PATH: process.env.PATH, HOME: plane.dir, ...options.env }
    const { keeper } = plane
    const started = startProgram({ name, path: process.execPath, args, keeper, env })
    await untilReady(started, async () => (await fetch(`${opsUrl}/readyz`)).ok)
    return started
  }
  let program: Program = await launch()
  t.teardown(() => program.stop('SIGKILL'))
  return {
    ...{
      url: `https://localhost:${port}`,
      opsUrl,
      policyFile: files.policy,
      auditFile: files.audit,
    },
    records: () => readRecords(files.audit),
    log: () => program.log(),
    metrics: async () => parseSamples(await (await fetch(`${opsUrl}/metrics`)).text()),
    freeze: () => {
      const { pid } = program
      process.kill(pid, 'SIGSTOP')
      return () => process.kill(pid, 'SIGCONT')
    },
    end: signal => program.stop(signal),
    start: async () => {
      program = await launch()
    },
  }
}

type Files = ReturnType<typeof writeFiles>

function writeFiles({ dir, certificates }: ControlPlane, name: string, policy?: string) {
  const home = join(dir, name)
  mkdirSync(home)
  writeFileSync(join(home, 'tls.crt'), certificates.server.certificate)
  writeFileSync(join(home, 'tls.key'), certificates.server.key, { mode: 0o600 })
  writeFileSync(join(home, 'ca.crt'), certificates.ca.certificate)
  const policyFile = join(home, 'policy.yaml')
  if (policy !== undefined) writeFileSync(policyFile, policy)
  return { tls: home, policy: policyFile, audit: join(home, 'audit.jsonl') }
}

function commandLine(
  port: number,
  opsPort: number,
  files: Files,
  { kubeconfig, policy, args = [], name = 'guard' }: GuardOptions,
): readonly string[] {
  const cluster = kubeconfig ? ['kubeconfig', '--kubeconfig', kubeconfig] : ['none']
  return [
    ...[MAIN, 'serve', '--host', '127.0.0.1', '--port', `${port}`, '--ops-port', `${opsPort}`],
    ...['--tls-dir', files.tls, '--audit-file', files.audit, '--replica', name],
    ...['--shutdown-delay', '0', '--cluster', ...cluster],
    ...(policy === undefined ? [] : ['--policy', files.policy]),
    ...args,
  ]
}

function readRecords(path: string): readonly Record<string, unknown>[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line) as Record<string, unknown>)
}
