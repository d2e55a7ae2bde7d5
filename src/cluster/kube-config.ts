import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import type { ClusterChoice } from '../config/serve-options.ts'
import { InputError } from '../input-error.ts'

export type KubeConfigOptions = {
  readonly cluster: ClusterChoice
  /** The file named on the command line. */
  readonly kubeconfig: string | null
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home?: string
  /** Where the folders of a pod begin. */
  readonly root?: string
}

/** Why the cluster that was asked for cannot be reached: a sentence for whoever started the program. */
class KubeConfigError extends InputError {
  override readonly code = 'NO_CLUSTER'
}

type Source = { readonly files: readonly string[] } | 'in-cluster' | 'none'

/** Loads the credentials for a cluster, or null where none is to be watched; client-node is loaded only then. */
export async function loadKubeConfig(options: KubeConfigOptions): Promise<KubeConfig | null> {
  const source = findSource(options)
  if (source === 'none') return null
  const origin = source === 'in-cluster' ? 'in-cluster' : source.files.join(', ')
  try {
    // 350 ms and 90 MB that nobody pays for without a cluster.
    const { KubeConfig: Loaded } = await import('./client-node.ts')
    const config = new Loaded()
    if (source === 'in-cluster') config.loadFromCluster(options.root)
    else for (const file of source.files) merge(config, load(new Loaded(), file))
    check(config)
    return config
  } catch (cause) {
    throw new KubeConfigError(`--cluster ${options.cluster}: ${origin}: ${textOf(cause)}`, {
      cause,
    })
  }
}

function findSource({ cluster, kubeconfig, env, home, root }: KubeConfigOptions): Source {
  if (cluster === 'none') return 'none'
  const inPod = env.KUBERNETES_SERVICE_HOST !== undefined
  if (cluster === 'auto' && kubeconfig === null) {
    // Never by a kubeconfig that nobody named: it may lead to a cluster that is nobody's to try things on.
    return inPod ? inCluster(cluster, env, root) : 'none'
  }
  if (cluster === 'in-cluster') return inCluster(cluster, env, root)
  if (kubeconfig !== null) {
    if (!existsSync(kubeconfig)) throw missing(cluster, `there is no file ${kubeconfig}`)
    return { files: [kubeconfig] }
  }
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter(file => file !== '')
  const places = named.length > 0 ? named : [join(home ?? homedir(), '.kube', 'config')]
  // As kubectl: of several files the ones that are not there do not count.
  const files = places.filter(file => existsSync(file))
  if (files.length === 0)
    throw missing(cluster, `there is no file ${places.join(', ')}; name one with --kubeconfig`)
  return { files }
}

const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

function inCluster(cluster: ClusterChoice, env: KubeConfigOptions['env'], root = ''): 'in-cluster' {
  for (const name of ['KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'])
    if (!env[name]) throw missing(cluster, `${name} is not set, so this is no pod of a cluster`)
  for (const file of ['token', 'ca.crt'].map(name => `${root}${ACCOUNT}/${name}`))
    if (!existsSync(file))
      throw missing(
        cluster,
        `there is no file ${file}; does the pod set automountServiceAccountToken: false?`,
      )
  return 'in-cluster'
}

function missing(cluster: ClusterChoice, what: string): KubeConfigError {
  return new KubeConfigError(`--cluster ${cluster}: ${what}`)
}

function load(config: KubeConfig, file: string): KubeConfig {
  config.loadFromFile(file)
  return config
}

// As kubectl: what an earlier file says wins.
function merge(into: KubeConfig, from: KubeConfig): void {
  const fresh = <T extends { readonly name: string }>(known: readonly T[], more: readonly T[]) => [
    ...known,
    ...more.filter(({ name }) => !known.some(item => item.name === name)),
  ]
  into.clusters = fresh(into.clusters, from.clusters)
  into.users = fresh(into.users, from.users)
  into.contexts = fresh(into.contexts, from.contexts)
  into.currentContext ||= from.currentContext
}

// What client-node would find out only at the first call, or not at all: without a user it leaves out the CA as well.
function check(config: KubeConfig): void {
  const name = config.getCurrentContext()
  if (!name) throw new Error('no current-context is set')
  if (config.getContextObject(name) === null) throw new Error(`there is no context ${name}`)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw new Error(`context ${name} names no cluster that is there`)
  const user = config.getCurrentUser()
  if (user === null) throw new Error(`context ${name} names no user that is there`)
  if (!URL.canParse(cluster.server)) throw new Error(`${cluster.server} is no address of a server`)
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify)
    throw new Error(`${cluster.server} is not encrypted; use https`)
  for (const file of [cluster.caFile, user.certFile, user.keyFile])
    if (file && !existsSync(file)) throw new Error(`there is no file ${file}`)
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
