// A move as the request that an API server sends, and as the cluster that it leaves when it is admitted.
import jsonpatch from 'fast-json-patch'
import type { AdmissionRequest } from '../../../src/core/admission-review.ts'
import type { PatchOperation } from '../../../src/core/filling/patch.ts'
import type { JsonObject } from '../../../src/core/json.ts'
import {
  annotationsOf,
  factsOf,
  hyperConverged,
  migrationPolicy,
  network,
  requestOf,
  type Texts,
  type Values,
  type Version,
  vmi,
} from '../../support/review.ts'
import {
  type Cluster,
  DATA,
  EXCEPTION,
  JSON_PATCH,
  type Policy,
  RUNNING,
  STABILITY,
} from './cluster-model.ts'
import type { Changes, DeleteMove, Exceptions, PolicyMove, SettingsMove } from './moves.ts'

/** A request, and the cluster after it. */
export type Asked = { readonly request: AdmissionRequest; readonly after: Cluster }

/** What a move asks for; null where there is nothing to delete. */
export function asked(
  cluster: Cluster,
  move: SettingsMove | PolicyMove | DeleteMove,
): Asked | null {
  if (move.kind === 'settings') return askedOfSettings(cluster, move)
  const old = cluster.policies.get(move.name)
  const policies = new Map(cluster.policies)
  if (move.kind === 'delete') {
    if (old === undefined) return null
    policies.delete(move.name)
    return { request: requestOf('DELETE', null, manifestOf(old)), after: { ...cluster, policies } }
  }
  const { name } = move
  const spec = changed(move.anew ? {} : (old?.spec ?? {}), move.set)
  const now = { name, spec, annotations: edited(old?.annotations ?? {}, move) }
  policies.set(name, now)
  const request = old
    ? requestOf('UPDATE', manifestOf(now), manifestOf(old))
    : requestOf('CREATE', manifestOf(now))
  return { request, after: { ...cluster, policies } }
}

function askedOfSettings(cluster: Cluster, move: SettingsMove): Asked {
  const settings = changed(cluster.settings, move.set)
  const annotations: Record<string, string> = { ...edited(cluster.annotations, move) }
  const patch = move.jsonPatch && JSON.stringify(move.jsonPatch)
  for (const [key, text] of [
    [JSON_PATCH, patch],
    [DATA, move.data],
    [STABILITY, move.stability],
  ] as const)
    if (text === null) delete annotations[key]
    else if (text !== undefined) annotations[key] = text
  const after = { ...cluster, settings, annotations }
  return { request: requestOf('UPDATE', object(after, move), object(cluster, move)), after }
}

function changed(fields: Values, changes: Changes): Values {
  const entries = Object.entries({ ...fields, ...changes }).filter(([, value]) => value !== null)
  return Object.fromEntries(entries)
}

function object({ settings, annotations }: Cluster, { version }: { readonly version: Version }) {
  return hyperConverged(settings, annotations, version)
}

function edited(annotations: Texts, { drop, add }: Exceptions): Texts {
  const dropped: readonly string[] = drop.map(rule => EXCEPTION + rule)
  const kept = Object.entries(annotations).filter(([key]) => !dropped.includes(key))
  return { ...Object.fromEntries(kept), ...add }
}

function manifestOf({ name, spec, annotations }: Policy): JsonObject {
  return migrationPolicy(name, spec, annotations)
}

/** The request after a mutating webhook has patched it. */
export function filled({ request, after }: Asked, patch: readonly PatchOperation[]): Asked {
  const document = jsonpatch.deepClone(request.object) as JsonObject
  const { newDocument } = jsonpatch.applyPatch(document, patch as never, true)
  const { liveMigrationConfig, virtualization } = newDocument.spec as Values
  const block = liveMigrationConfig ?? (virtualization as Values).liveMigrationConfig
  return {
    request: { ...request, object: newDocument },
    after: { ...after, settings: block as Values, annotations: annotationsOf(newDocument) },
  }
}

/** The facts of the cluster, as the guard reads them: the labels that tell what is critical among them. */
export function factsOfCluster(cluster: Cluster) {
  const { worn, critical, policies } = cluster
  return factsOf([
    object(cluster, { version: 'v1' }),
    ...[...policies.values()].map(manifestOf),
    network('worn', worn ? 'unstable' : undefined),
    network('calm', 'stable'),
    ...RUNNING.flatMap(({ name, labels, namespaceLabels }) => {
      const [namespace = '', vm = ''] = name.split('/')
      const data = critical.includes(name) ? { [DATA]: 'critical' } : {}
      return [
        { kind: 'Namespace', metadata: { name: namespace, labels: namespaceLabels } },
        vmi(vm, { ...labels, ...data }, namespace),
      ]
    }),
    vmi('big', { 'migration-guard.io/workload': 'heavy' }, 'web'),
  ])
}
