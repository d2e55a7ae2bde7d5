// What an exception covers, by docs/exceptions.md: an annotation on the HyperConverged or on a MigrationPolicy, until it
// expires, as far as its bound names it, or without a bound what was set when it was approved.
import { NAMESPACE, type Texts } from '../../support/review.ts'
import {
  CLUSTER_SETTINGS,
  type Cluster,
  DATA_RULE,
  EXCEPTION,
  type Hazard,
  PARALLEL_RULE,
  POD_NETWORK,
} from './cluster-model.ts'

export type Bound = {
  readonly network?: string | readonly string[]
  readonly policy?: string | readonly string[]
  readonly parallelMigrationsPerCluster?: number
}
type Exception = { readonly expires: string; readonly bound?: Bound }

/** An object that exceptions stand on; null is the HyperConverged. */
type Carrier = { readonly name: string | null; readonly annotations: Texts }

/** The policy of the request: its exceptions speak of what the request leaves to others, too, also as it is deleted. */
export type Concerned = { readonly name: string; readonly annotations: Texts }

/** True where an exception covers the hazard. */
export function isCovered(cluster: Cluster, hazard: Hazard, concerned?: Concerned): boolean {
  return carriersOf(cluster, hazard, concerned).some(carrier => {
    const text = carrier.annotations[EXCEPTION + hazard.rule]
    if (text === undefined) return false
    const { expires, bound } = JSON.parse(text) as Exception
    if (Date.parse(`${expires}T23:59:59.999Z`) <= cluster.now) return false
    if (bound !== undefined) return isWithin(bound, hazard, carrier)
    const stays = carrier.name === null || cluster.policies.has(carrier.name)
    const granted = cluster.grants.get(grantKey(carrier.name, hazard.rule, text)) ?? []
    return stays && granted.some(each => isGranted(each, hazard, carrier))
  })
}

function carriersOf(
  { annotations, policies }: Cluster,
  { by }: Hazard,
  concerned: Concerned | undefined,
): readonly Carrier[] {
  const own = by === null ? undefined : policies.get(by)
  return [{ name: null, annotations }, ...(own ? [own] : []), ...(concerned ? [concerned] : [])]
}

function isWithin(bound: Bound, hazard: Hazard, { name }: Carrier): boolean {
  if (hazard.rule === PARALLEL_RULE)
    return (bound.parallelMigrationsPerCluster ?? 0) >= hazard.height
  if (!listOf(bound.network).map(qualified).includes(hazard.network)) return false
  const admitsCluster =
    bound.policy === undefined || listOf(bound.policy).includes(CLUSTER_SETTINGS)
  if (hazard.by === null) return admitsCluster
  // What goes off with the cluster settings is covered by their exception.
  if (hazard.follows && admitsCluster && name === null) return true
  return listOf(bound.policy).includes(hazard.by)
}

function isGranted(granted: Hazard, hazard: Hazard, { name }: Carrier): boolean {
  const followed = hazard.follows && name === null && (granted.by === null || granted.follows)
  return isNoWorse(hazard, granted) && (granted.by === hazard.by || followed)
}

/** True where a danger is the same as before, no greater, and ends as easily. */
export function isNoWorse(hazard: Hazard, old: Hazard): boolean {
  return isSame(old, hazard) && hazard.height <= old.height && (old.byItself || !hazard.byItself)
}

/** True for the same danger to the same VM, whatever it comes from: critical data is in danger on one network as on another. */
export function isSame(left: Hazard, right: Hazard): boolean {
  const { rule, vm, network } = right
  return left.rule === rule && left.vm === vm && (rule === DATA_RULE || left.network === network)
}

/** Where it is kept for what an exception without a bound was approved. */
export function grantKey(carrier: string | null, rule: string, text: string): string {
  return JSON.stringify([carrier, rule, text])
}

function listOf(names: string | readonly string[] | undefined): readonly string[] {
  return names === undefined ? [] : [names].flat()
}

function qualified(name: string): string {
  return name === POD_NETWORK || name.includes('/') ? name : `${NAMESPACE}/${name}`
}
