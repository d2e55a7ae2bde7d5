import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Keeper } from './keep.ts'

/** A program that was started and what it says. */
export type Program = {
  readonly name: string
  readonly pid: number
  /** Resolves with how it ended. */
  readonly ended: Promise<string>
  running(): boolean
  log(): string
  /** Asks it to end; kills it when it takes longer than five seconds. */
  stop(signal?: NodeJS.Signals): Promise<void>
}

export type ProgramOptions = {
  readonly name: string
  readonly path: string
  readonly args: readonly string[]
  readonly keeper: Keeper
  readonly env?: Readonly<Record<string, string | undefined>>
}

const STOP_MS = 5000

/** Starts a program whose output goes to `<name>.log` in the keeper's folder. */
export function startProgram({ name, path, args, keeper, env = {} }: ProgramOptions): Program {
  const logFile = join(keeper.dir, `${name}.log`)
  const log = openSync(logFile, 'a')
  // A group of its own: Ctrl-C in a terminal reaches us alone, and we end the programs in order.
  const child = spawn(path, args, {
    stdio: ['ignore', log, log],
    detached: true,
    cwd: keeper.dir,
    env,
  })
  closeSync(log)
  let running = true
  const ended = new Promise<string>(done => {
    child.once('error', error => done(error.message))
    child.once('exit', (code, signal) => done(`ended with ${signal ?? `code ${code}`}`))
  }).finally(() => {
    running = false
  })
  const { pid = 0 } = child
  if (pid !== 0) keeper.watch(pid)
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (running) {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
      await ended
      clearTimeout(timer)
    }
    if (pid !== 0) keeper.forget(pid)
  }
  const readLog = () => readFileSync(logFile, 'utf8')
  return { name, pid, ended, running: () => running, log: readLog, stop }
}

const READY_MS = 60_000
const POLL_MS = 25
const LAST_LINES = 20

/** Waits until `ready` says so; a program that ends before, or takes a minute, throws with the end of its log. */
export async function untilReady(program: Program, ready: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + READY_MS
  while (program.running()) {
    if (await ready().catch(() => false)) return
    if (Date.now() > deadline) throw failed(program, `not ready after ${READY_MS / 1000} s`)
    await sleep(POLL_MS)
  }
  throw failed(program, await program.ended)
}

function failed(program: Program, how: string): Error {
  const lines = program.log().trimEnd().split('\n').slice(-LAST_LINES)
  return new Error(`${program.name} ${how}:\n${lines.join('\n')}`)
}
