import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

/** How a kubectl ended and what it printed. */
export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string }

export type KubectlOptions = {
  /** Standard input. */
  readonly input?: string
  /** One of the plane's users; the administrator when neither this nor a kubeconfig is given. */
  readonly user?: string
  /** Path of a kubeconfig, for somebody else. */
  readonly kubeconfig?: string
  readonly env?: Readonly<Record<string, string>>
  /** Folder that it runs in. */
  readonly cwd?: string
}

/** A kubectl that failed although nothing should have refused it. */
export class KubectlFailed extends Error {
  readonly code = 'KUBECTL_FAILED'
}

/** Runs one kubectl after another against one control plane. */
export type Kubectl = {
  (args: readonly string[], options?: KubectlOptions): Promise<Ran>
  /** Forgets which kinds there are; needed when a CRD came or changed. */
  forgetKinds(): void
}

/** A kubectl that knows nothing of the person's own home: no configuration, cache or plugins. */
export function kubectlRunner(
  path: string,
  dir: string,
  kubeconfigFor: (user: string) => string,
): Kubectl {
  const home = mkdtempSync(join(dir, 'home-'))
  const newCache = () => mkdtempSync(join(home, 'cache-'))
  let cache = newCache()
  const kubectl = async (args: readonly string[], options: KubectlOptions = {}): Promise<Ran> => {
    const config = options.kubeconfig ?? kubeconfigFor(options.user ?? 'admin')
    const child = spawn(path, [...args, `--kubeconfig=${config}`, `--cache-dir=${cache}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // TMPDIR: a refused edit leaves the text behind.
      env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
    })
    child.stdin.on('error', () => {}) // It may end without having read everything.
    child.stdin.end(options.input ?? '')
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { code: code ?? 1, stdout, stderr }
  }
  const forgetKinds = () => {
    cache = newCache()
  }
  return Object.assign(kubectl, { forgetKinds })
}
