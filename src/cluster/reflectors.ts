import type { ApiClient } from './api-client.ts'
import type { ClusterLog } from './cluster-facts-source.ts'
import { Reflector, type ReflectorStatus } from './reflector.ts'
import type { Resource } from './resource.ts'
import { clusterResources, type Resources } from './resources.ts'
import type { Timing } from './timing.ts'

type Watched<R> = R extends Resource<infer T> ? Reflector<T> : never

/** A reflector for each kind that matters. */
export type Reflectors = { readonly [K in keyof Resources]: Watched<Resources[K]> } & {
  readonly status: () => readonly ReflectorStatus[]
  readonly stop: () => Promise<void>
}

type Listeners = { readonly log: ClusterLog; readonly onChange: () => void }

const WAKE_EVERY_MS = 1000

/** Starts to follow every kind. */
export function startReflectors(
  api: ApiClient,
  timing: Timing,
  { log, onChange }: Listeners,
): Reflectors {
  const all: Reflector<unknown>[] = []
  let woken = Number.NEGATIVE_INFINITY
  const onState = (status: ReflectorStatus) => {
    tell(status, log)
    onChange()
    // The server answers one kind again: the others need not sit out their waits. Not more often, lest kinds that come
    // and go wake each other without end.
    if (status.problem !== null || status.missing || timing.now() - woken < WAKE_EVERY_MS) return
    woken = timing.now()
    retry(all, ({ problem }) => problem !== null)
  }
  const start = <T>(resource: Resource<T>, extra = () => {}) => {
    const parts = { api, timing, onState, onChange: () => [onChange(), extra()] }
    const reflector = new Reflector(resource, parts)
    all.push(reflector as Reflector<unknown>)
    return reflector
  }
  const resources = clusterResources()
  return {
    // HCO installs KubeVirt, and both bring CRDs: what was missing may be there now.
    stock: start(resources.stock, () => retry(all, ({ missing }) => missing)),
    hyperConverged: start(resources.hyperConverged),
    networks: start(resources.networks),
    namespaces: start(resources.namespaces),
    virtualMachines: start(resources.virtualMachines),
    migrationPolicies: start(resources.migrationPolicies),
    status: () => all.map(({ status }) => status),
    stop: async () => {
      await Promise.all(all.map(reflector => reflector.stop()))
    },
  }
}

function retry(
  all: readonly Reflector<unknown>[],
  wanted: (status: ReflectorStatus) => boolean,
): void {
  for (const reflector of all) if (wanted(reflector.status)) reflector.retryNow()
}

function tell({ kind, missing, problem }: ReflectorStatus, log: ClusterLog): void {
  if (problem !== null) log.warn(`${kind} is not followed at the moment: ${problem}`)
  else if (missing) log.info(`${kind} is not installed in this cluster; it is looked for again`)
  else log.info(`${kind} is followed`)
}
