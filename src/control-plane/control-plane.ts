import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { IssuedCertificates } from '../../certs/issue.ts'
import type { ApiRequest } from './api-request.ts'
import { type ApiServer, startApiServer, type TokenUser } from './api-server.ts'
import { type AuditEvent, readAuditLog } from './audit-log.ts'
import { type Binaries, findBinaries } from './binaries.ts'
import type { Report } from './build.ts'
import { clientCertificate, localCertificates } from './certificates.ts'
import { type Etcd, startEtcd } from './etcd.ts'
import { type Keeper, startKeeper } from './keep.ts'
import { type Credential, writeKubeconfig } from './kubeconfig.ts'
import { type Kubectl, KubectlFailed, type KubectlOptions, kubectlRunner } from './kubectl.ts'
import { type MetricSample, parseSamples } from './metric-samples.ts'

export type ControlPlaneOptions = {
  /** Users who show a token, by name, with their groups; anybody else shows a certificate. */
  readonly users?: Readonly<Record<string, readonly string[]>>
  /** More flags for kube-apiserver. */
  readonly flags?: readonly string[]
  /** Namespace of commands that name none. */
  readonly namespace?: string
  /** Beginning of the name of the temporary folder. */
  readonly folder?: string
  /** Where progress goes when the programs have to be built first. */
  readonly report?: Report
  readonly signal?: AbortSignal
  /** Where programs are looked for; that of the process when not given. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** An API server with its etcd, for one run of tests or one person who tries something. */
export type ControlPlane = {
  /** Everything it writes; gone after `stop`. */
  readonly dir: string
  readonly url: string
  /** The CA of this run and the pair that any server on this machine may serve with. */
  readonly certificates: IssuedCertificates
  readonly binaries: Binaries
  readonly keeper: Keeper
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string
  /** Path of a kubeconfig for any user in any groups; without groups for one of `users`. */
  kubeconfigFor(user: string, groups?: readonly string[]): string
  /** Path of a kubeconfig that shows this token. */
  kubeconfigForToken(token: string): string
  /** Runs kubectl and gives back what it did, also when it failed. */
  readonly kubectl: Kubectl
  /** Runs kubectl for its standard output and throws when it fails. */
  must(args: readonly string[], options?: KubectlOptions): Promise<string>
  /** One request as the administrator. */
  readonly request: ApiRequest
  /** What etcd holds under a path below /registry, undefined when nothing. */
  stored(path: string): Promise<unknown>
  auditEvents(): readonly AuditEvent[]
  metrics(): Promise<readonly MetricSample[]>
  restartApiServer(signal?: NodeJS.Signals, meanwhile?: () => Promise<void>): Promise<void>
  /** Ends everything and removes the folder; a second call does nothing. */
  stop(): Promise<void>
}

/** Starts etcd and kube-apiserver on 127.0.0.1; throws `ControlPlaneUnavailable` when they cannot be had. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { report = toStderr, signal } = options
  const { env = process.env } = options
  const binaries = await findBinaries({ env, report, signal })
  const keeper = startKeeper(options.folder ?? 'control-plane-')
  try {
    return await start(options, binaries, keeper)
  } catch (error) {
    await keeper.end()
    throw error
  }
}

function toStderr(line: string): void {
  process.stderr.write(`${line}\n`)
}

async function start(
  options: ControlPlaneOptions,
  binaries: Binaries,
  keeper: Keeper,
): Promise<ControlPlane> {
  const admin = { name: 'admin', token: randomUUID(), groups: ['system:masters'] }
  const users = Object.entries(options.users ?? {}).map(tokenUser)
  const certificates = localCertificates()
  const etcd = await startEtcd(binaries.etcd, keeper)
  const server = await startApiServer({
    path: binaries['kube-apiserver'],
    keeper,
    etcdUrl: etcd.url,
    certificates,
    users: [admin, ...users],
    flags: options.flags ?? [],
  })
  const kubeconfigs = kubeconfigWriter({ server, keeper, certificates, options }, [admin, ...users])
  const kubeconfig = kubeconfigs.kubeconfigFor(admin.name)
  const kubectl = kubectlRunner(binaries.kubectl, keeper.dir, kubeconfigs.kubeconfigFor)
  return {
    ...{ dir: keeper.dir, url: server.url, certificates, binaries, keeper },
    ...{ kubeconfig, ...kubeconfigs, kubectl, must: must(kubectl), request: server.request },
    stored: path => stored(etcd, path),
    auditEvents: () => readAuditLog(server.auditLog),
    metrics: async () => parseSamples(String((await server.request('GET', '/metrics')).body)),
    restartApiServer: server.restart,
    stop: once(() => stop(server, etcd, keeper)),
  }
}

function tokenUser([name, groups]: [string, readonly string[]]): TokenUser {
  return { name, token: randomUUID(), groups }
}

type Parts = {
  readonly server: ApiServer
  readonly keeper: Keeper
  readonly certificates: IssuedCertificates
  readonly options: ControlPlaneOptions
}

type KubeconfigWriter = Pick<ControlPlane, 'kubeconfigFor' | 'kubeconfigForToken'>

function kubeconfigWriter(parts: Parts, users: readonly TokenUser[]): KubeconfigWriter {
  const { ca } = parts.certificates
  const namespace = parts.options.namespace ?? 'default'
  const written = new Map<string, string>()
  const write = (user: string, id: string, credential: () => Credential) => {
    const known = written.get(id)
    if (known !== undefined) return known
    const name = written.size === 0 ? 'kubeconfig' : `kubeconfig-${written.size}`
    const of = { url: parts.server.url, ca: ca.certificate, user, namespace }
    const path = writeKubeconfig(join(parts.keeper.dir, name), { ...of, credential: credential() })
    written.set(id, path)
    return path
  }
  const kubeconfigFor = (user: string, groups?: readonly string[]) => {
    const token = groups === undefined && users.find(({ name }) => name === user)?.token
    if (token) return write(user, token, () => ({ token }))
    const pair = () => ({ pair: clientCertificate(ca, user, groups ?? []) })
    return write(user, JSON.stringify([user, groups]), pair)
  }
  return { kubeconfigFor, kubeconfigForToken: token => write('bearer', token, () => ({ token })) }
}

function must(kubectl: Kubectl): ControlPlane['must'] {
  return async (args, options) => {
    const { code, stdout, stderr } = await kubectl(args, options)
    if (code === 0) return stdout
    throw new KubectlFailed(`kubectl ${args.join(' ')}: ${stderr.trim()}`)
  }
}

async function stored(etcd: Etcd, path: string): Promise<unknown> {
  const value = await etcd.get(`/registry/${path}`)
  return value === undefined ? undefined : JSON.parse(value)
}

// Nothing of it is needed any more: killing is quicker than asking, and loses nothing.
async function stop(server: ApiServer, etcd: Etcd, keeper: Keeper): Promise<void> {
  await Promise.all([server.program().stop('SIGKILL'), etcd.program.stop('SIGKILL')])
  await keeper.end()
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined
  return () => {
    done ??= action()
    return done
  }
}
