// `npm run e2e`: sees to the control plane first, so that a build shows its progress and counts against no test's time,
// and so that a machine that cannot have one fails with one message instead of many.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { findBinaries, folderOf } from '../../src/control-plane/binaries.ts'
import { ControlPlaneUnavailable } from '../../src/control-plane/unavailable.ts'

const ROOT = join(import.meta.dirname, '../..')

async function main(args: readonly string[]): Promise<number> {
  try {
    const binaries = await findBinaries({ env: process.env, report })
    return await tap(args, folderOf(binaries))
  } catch (error) {
    if (!(error instanceof ControlPlaneUnavailable)) throw error
    report(`The end-to-end tests need a control plane.\n${error.message}`)
    return 1
  }
}

async function tap(args: readonly string[], assets: string): Promise<number> {
  const child = spawn(join(ROOT, 'node_modules/.bin/tap'), args, {
    stdio: 'inherit',
    cwd: ROOT,
    env: {
      ...process.env,
      KUBEBUILDER_ASSETS: assets,
      TAP_RCFILE: join(import.meta.dirname, '.taprc'),
    },
  })
  // Ctrl-C reaches tap as well, and it has to end its tests before we go.
  process.on('SIGINT', () => {})
  const [code] = await once(child, 'exit')
  return code ?? 1
}

function report(line: string): void {
  process.stderr.write(`${line}\n`)
}

process.exitCode = await main(process.argv.slice(2))
