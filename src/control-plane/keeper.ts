// Runs beside a control plane in a process group of its own. Its standard input is a pipe from the process that started
// the programs: when that ends, however it ends (an exception, a time limit, kill -9), nothing is left running or lying
// about. Lines are `pid N`, `gone N` and `dir PATH`.
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'

const pids = new Set<number>()
const dirs = new Set<string>()

const orders: Readonly<Record<string, (what: string) => void>> = {
  pid: what => pids.add(Number(what)),
  gone: what => pids.delete(Number(what)),
  dir: what => dirs.add(what),
}

createInterface({ input: process.stdin })
  .on('line', line => {
    const space = line.indexOf(' ')
    orders[line.slice(0, space)]?.(line.slice(space + 1))
  })
  .on('close', () => {
    for (const pid of pids) kill(pid)
    // A program that was just killed may still be writing a last file: rmSync tries again.
    for (const dir of dirs) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
  })

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It had ended by itself.
  }
}
