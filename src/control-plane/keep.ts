import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Sees to it that programs and their folder do not outlive this process. */
export type Keeper = {
  /** The temporary folder; removed at the end. */
  readonly dir: string
  watch(pid: number): void
  forget(pid: number): void
  /** Ends what is still watched and removes the folder. */
  end(): Promise<void>
}

// In the bundle it is a file of its own as well.
function program(): string {
  const paths = ['keeper.ts', 'keeper.js'].map(name => join(import.meta.dirname, name))
  return paths.find(existsSync) ?? ''
}

/** Starts a keeper with a temporary folder whose name begins with `prefix`. */
export function startKeeper(prefix: string): Keeper {
  const child = spawn(process.execPath, [program()], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Out of reach of Ctrl-C: it has to outlive this process for a moment.
    detached: true,
    env: {},
  })
  const exited = once(child, 'exit')
  child.stdin.on('error', () => {}) // Whoever killed the keeper has to clear up.
  const tell = (order: string) => child.stdin.writable && child.stdin.write(`${order}\n`)
  const dir = mkdtempSync(join(tmpdir(), prefix))
  tell(`dir ${dir}`)
  return {
    dir,
    watch: pid => tell(`pid ${pid}`),
    forget: pid => tell(`gone ${pid}`),
    end: async () => {
      child.stdin.end()
      await exited
    },
  }
}
