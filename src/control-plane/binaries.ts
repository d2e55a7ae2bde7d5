import { createHash } from 'node:crypto'
import { accessSync, constants, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { buildBinaries, type Report } from './build.ts'
import { goModule } from './go-module.ts'
import { ControlPlaneUnavailable } from './unavailable.ts'

/** The three programs of a control plane, as paths. */
export type Binaries = {
  readonly 'kube-apiserver': string
  readonly etcd: string
  readonly kubectl: string
}

export type SearchOptions = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly report: Report
  /** Ends a build that is under way. */
  readonly signal?: AbortSignal | undefined
}

const NAMES = ['kube-apiserver', 'etcd', 'kubectl'] as const

/**
 * Finds the programs, or builds them: in KUBEBUILDER_ASSETS (the convention of envtest, so one download serves several
 * projects), else in our cache, else from the Go module next to this file.
 */
export async function findBinaries({ env, report, signal }: SearchOptions): Promise<Binaries> {
  const { KUBEBUILDER_ASSETS: assets } = env
  if (assets !== undefined && assets !== '') {
    const missing = missingIn(assets)
    if (missing.length === 0) return binariesIn(assets)
    throw new ControlPlaneUnavailable(
      `KUBEBUILDER_ASSETS is ${assets}, but there is no executable ${missing.join(', ')} in it.\n` +
        'Point it at a folder with kube-apiserver, etcd and kubectl, or unset it to build them with Go.',
    )
  }
  const dir = cacheFolder(env)
  if (missingIn(dir).length > 0) await buildBinaries({ dir, env, report, signal })
  return binariesIn(dir)
}

/** Where built programs are kept: one folder per set of sources, so that a new version never meets an old build. */
export function cacheFolder(env: SearchOptions['env']): string {
  const cache = env.MIGRATION_GUARD_CONTROL_PLANE_CACHE
  const root = cache ? resolve(cache) : join(goModule(), '../../.control-plane')
  const sums = readFileSync(join(goModule(), 'go.sum'))
  const sources = createHash('sha256').update(sums).digest('hex').slice(0, 8)
  return join(root, `${process.platform}-${process.arch}-${sources}`)
}

function missingIn(dir: string): string[] {
  return NAMES.filter(name => {
    try {
      accessSync(join(dir, name), constants.X_OK)
      return false
    } catch {
      return true
    }
  })
}

function binariesIn(dir: string): Binaries {
  const at = (name: (typeof NAMES)[number]) => resolve(dir, name)
  return { 'kube-apiserver': at('kube-apiserver'), etcd: at('etcd'), kubectl: at('kubectl') }
}

/** The folder of the programs, for those who put them on a PATH. */
export function folderOf(binaries: Binaries): string {
  return dirname(binaries.kubectl)
}
