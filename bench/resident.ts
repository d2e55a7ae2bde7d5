import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../src/control-plane/free-port.ts'

/** Resident memory of a guard at rest and at its highest, in MB. */
export type Resident = { readonly rest: number; readonly peak: number }

/** Starts what ships with the options of the image, in front of an API server, and measures it once it knows everything. */
export async function residentOf(apiServerPort: number): Promise<Resident> {
  const dir = mkdtempSync(join(tmpdir(), 'migration-guard-facts-'))
  const opsPort = await freePort()
  const guard = spawn(
    process.execPath,
    [...commandLine(dir), ...options(dir, apiServerPort, opsPort)],
    {
      stdio: 'ignore',
      cwd: dir,
    },
  )
  try {
    await ready(guard, opsPort)
    // The survey after the last list.
    await sleep(2000)
    const status = readFileSync(`/proc/${guard.pid}/status`, 'utf8')
    const megabytes = (name: string) =>
      (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6
    return { rest: megabytes('VmRSS'), peak: megabytes('VmHWM') }
  } finally {
    guard.kill('SIGKILL')
    await once(guard, 'exit')
    rmSync(dir, { recursive: true })
  }
}

// As the image is built and started.
function commandLine(dir: string): readonly string[] {
  execFileSync(process.execPath, ['build.ts', join(dir, 'dist')], { stdio: 'ignore' })
  const dockerfile = readFileSync('Dockerfile', 'utf8')
  const [, ...args] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '') as string[]
  return args.map(arg => arg.replace(/^\/app\//, `${dir}/dist/`))
}

function options(dir: string, apiServerPort: number, opsPort: number): readonly string[] {
  const kubeconfig = join(dir, 'kubeconfig')
  const server = `http://127.0.0.1:${apiServerPort}`
  const name = 'bench'
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': name },
      clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name, user: { token: 'x' } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
    }),
  )
  return [
    ...['serve', '--dev', '--port', '0', '--ops-port', String(opsPort), '--tls-dir', `${dir}/tls`],
    ...[
      '--audit-file',
      `${dir}/audit.jsonl`,
      '--cluster',
      'kubeconfig',
      '--kubeconfig',
      kubeconfig,
    ],
  ]
}

async function ready(guard: ChildProcess, opsPort: number): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (guard.exitCode !== null) throw new Error(`the guard ended with ${guard.exitCode}`)
    const answer = await fetch(`http://127.0.0.1:${opsPort}/readyz`).catch(() => null)
    if (answer?.ok) return
    await sleep(100)
  }
  throw new Error('the guard was not ready within a minute')
}
