import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server that takes part in a comparison, as a process of its own. */
export type Contender = {
  readonly name: string
  readonly url: string
  readonly process: ChildProcess
}

const ON_FIRST_CORE =
  spawnSync('taskset', ['--version']).error === undefined ? ['taskset', '-c', '0'] : []

/** Starts a server pinned to the first core where taskset is at hand, and waits until it accepts connections. */
export async function startContender(
  name: string,
  port: number,
  args: readonly string[],
): Promise<Contender> {
  const [command = '', ...rest] = [...ON_FIRST_CORE, process.execPath, ...args]
  const child = spawn(command, rest, { stdio: 'ignore' })
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code} before it was ready`)
  })
  const url = `https://127.0.0.1:${port}/validate`
  await Promise.race([exited, untilReachable(port)])
  exited.catch(() => undefined)
  return { name, url, process: child }
}

/** Keeps this process off the first core: what a load generator takes of it, every server lacks, the slower one more. */
export function pinLoadGenerator(): void {
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '1', String(process.pid)])
}

async function untilReachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    if (await isReachable(port)) return
    await sleep(50)
  }
  throw new Error(`port ${port} did not open within 15 s`)
}

function isReachable(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

export async function stopContender({ process: child }: Contender): Promise<void> {
  if (child.exitCode !== null) return
  child.kill('SIGTERM')
  const exit = once(child, 'exit')
  if ((await Promise.race([exit, sleep(5000, 'late')])) === 'late') child.kill('SIGKILL')
  await exit
}

// The kernel counts CPU time in ticks of 1/100 s on every Linux that Node runs on.
const TICK_MICROSECONDS = 10_000

/** User and system time of the process so far, in microseconds. */
export function cpuMicroseconds({ process: { pid } }: Contender): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS
}

/** Resident memory of the process in MB. */
export function residentMegabytes({ process: { pid } }: Contender): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return Number(line?.[1] ?? 0) / 1024
}
