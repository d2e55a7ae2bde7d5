// A step of a sequence in a line: who, what, and what came of it.
import { sameJson } from '../../../src/core/json.ts'
import { annotationsOf } from '../../support/review.ts'
import type { Cluster, Settings } from './cluster-model.ts'
import type { DeleteMove, PolicyMove, SettingsMove } from './moves.ts'
import type { Asked } from './request.ts'

/** Tells a step that was asked for as `first` and, once filled, as `asking`. */
export function tell(
  move: SettingsMove | PolicyMove | DeleteMove,
  first: Asked,
  asking: Asked,
  denied: readonly string[],
): string {
  const { request } = asking
  const what = move.kind === 'settings' ? `HyperConverged (${move.version})` : `policy ${move.name}`
  const spec = (object: unknown) => (object as { readonly spec?: Settings } | null)?.spec
  const specs = [request.oldObject, request.object].map(spec)
  const changes = [
    ...(request.object === null || sameJson(specs[0] ?? null, specs[1] ?? null)
      ? []
      : [
          move.kind === 'settings'
            ? `now ${settingsIn(asking.after)}`
            : `now ${JSON.stringify(specs[1])}`,
        ]),
    ...(request.object === null
      ? []
      : edits(annotationsOf(request.oldObject), annotationsOf(request.object))),
    ...(first === asking ? [] : ['(filled)']),
  ]
  const outcome = denied.length > 0 ? `denied by ${[...new Set(denied)].join(', ')}` : 'allowed'
  return `${move.who} ${request.operation.toLowerCase()}s ${what}${changes.length > 0 ? `: ${changes.join(', ')}` : ''} -> ${outcome}`
}

function settingsIn({ settings }: Cluster): string {
  const { allowPostCopy, allowWorkloadDisruption, completionTimeoutPerGiB, network, ...rest } =
    settings
  const { parallelMigrationsPerCluster } = rest
  return JSON.stringify({
    allowPostCopy,
    allowWorkloadDisruption,
    completionTimeoutPerGiB,
    network,
    parallelMigrationsPerCluster,
  })
}

function edits(before: Readonly<Record<string, string>>, after: typeof before): readonly string[] {
  return [
    ...Object.keys(before)
      .filter(key => !(key in after))
      .map(key => `without ${key}`),
    ...Object.keys(after)
      .filter(key => after[key] !== before[key])
      .map(key => `with ${key}: ${after[key]}`),
  ]
}
