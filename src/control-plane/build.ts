import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { goModule, kubernetesVersion } from './go-module.ts'
import { ControlPlaneUnavailable } from './unavailable.ts'

/** Takes one line of progress. */
export type Report = (line: string) => void

type BuildOptions = {
  readonly dir: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly report: Report
  readonly signal?: AbortSignal | undefined
}

const PROGRESS_MS = 10_000

const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
} as const

/** Builds the programs into `dir`; the first time takes minutes, with Go's build cache seconds. */
export async function buildBinaries(options: BuildOptions): Promise<void> {
  const { dir } = options
  const go = goRunner(options)
  mkdirSync(dirname(dir), { recursive: true })
  // Built beside the cache and moved in one by one: a build that is interrupted leaves no half program behind.
  const scratch = mkdtempSync(`${dir}.building-`)
  try {
    const packages = Object.values(PACKAGES)
    await go('fetch the sources', ['list', '-deps', '-f', '{{.ImportPath}}', ...packages])
    for (const [name, path] of Object.entries(PACKAGES))
      await go(`build ${name}`, ['build', '-v', ...flags(), '-o', join(scratch, name), path])
    mkdirSync(dir, { recursive: true })
    for (const name of Object.keys(PACKAGES)) renameSync(join(scratch, name), join(dir, name))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

// Without a version the server calls itself v0.0.0-master: CRDs and discovery misbehave.
function flags(): readonly string[] {
  const version = kubernetesVersion()
  const [major, minor] = version.slice(1).split('.')
  const set = { gitVersion: version, gitMajor: major, gitMinor: minor }
  const stamps = Object.entries(set).map(([k, v]) => `-X k8s.io/component-base/version.${k}=${v}`)
  return ['-trimpath', '-ldflags', ['-s', '-w', ...stamps].join(' ')]
}

type Go = (what: string, args: readonly string[]) => Promise<void>

function goRunner({ dir, env, report, signal }: BuildOptions): Go {
  const start = Date.now()
  let [all, built] = [0, 0]
  let announced = false
  const announce = () => {
    if (announced) return
    announced = true
    report(`no kube-apiserver, etcd and kubectl in ${dir}: building them with Go, once`)
    report('about 9 minutes on two cores when Go has built none of it before, else seconds')
  }
  return async (what, args) => {
    const say = (state: string) => report(`${elapsed(Date.now() - start)}  ${what}: ${state}`)
    const state = () => (built === 0 ? 'going on' : `${built} of at most ${all} packages`)
    const ticker = setInterval(() => say(state()), PROGRESS_MS)
    // Not before: where there is no Go, nothing is built and nothing takes minutes.
    const onStart = () => {
      announce()
      say('started')
    }
    const onPackage = () => (args[0] === 'list' ? all++ : built++)
    try {
      await run({ env, signal, args, onStart, onPackage })
      say('done')
    } finally {
      clearInterval(ticker)
    }
  }
}

function elapsed(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

// How many of its last lines Go's complaint needs; before them are the names of packages.
const COMPLAINT_LINES = 20

type GoCall = Pick<BuildOptions, 'env' | 'signal'> & {
  readonly args: readonly string[]
  readonly onStart: () => void
  readonly onPackage: () => void
}

function run({ env, signal, args, onStart, onPackage }: GoCall): Promise<void> {
  return new Promise<void>((done, fail) => {
    const child = spawn('go', args, {
      cwd: goModule(),
      // A workspace or a vendoring habit of the person's own must not change what is built.
      env: { ...env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly -buildvcs=false' },
      stdio: ['ignore', 'pipe', 'pipe'],
      // By SIGINT it ends its compilers too.
      ...(signal && { signal, killSignal: 'SIGINT' as const }),
    })
    child.on('spawn', onStart)
    const lines: string[] = []
    const read = (line: string) => {
      if (/^[\w.-]+(\/[\w.-]+)*$/.test(line)) onPackage()
      else lines.push(line)
    }
    createInterface({ input: child.stdout }).on('line', read)
    createInterface({ input: child.stderr }).on('line', read)
    child.on('error', cause => fail(cannotRun(cause as NodeJS.ErrnoException)))
    child.on('close', code => {
      if (code === 0) return done()
      const complaint = lines.slice(-COMPLAINT_LINES).join('\n')
      fail(new ControlPlaneUnavailable(`go ${args[0]} ended with ${code}:\n${complaint}`))
    })
  })
}

function cannotRun(cause: NodeJS.ErrnoException): Error {
  if (cause.code !== 'ENOENT') return cause
  return new ControlPlaneUnavailable(
    [
      'There are no kube-apiserver, etcd and kubectl here, and no Go to build them with. One of these helps:',
      '  - install Go 1.24 or newer, put it on the PATH and run this again: it builds them once, in minutes',
      '  - set KUBEBUILDER_ASSETS to a folder that holds the three programs of Kubernetes 1.30 or newer',
      '    (`setup-envtest use 1.34 -p path` prints one)',
      '  - set MIGRATION_GUARD_CONTROL_PLANE_CACHE to a cache folder in which they were built before',
    ].join('\n'),
    { cause },
  )
}
