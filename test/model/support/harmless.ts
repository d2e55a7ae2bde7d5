// The honest direction: a request that makes nothing worse is not refused. What the guard measures are settings, each policy by
// its selectors (docs/how-it-decides.md, "Readings of the settings"), so what makes nothing worse is told by the same measure.
import type { Texts } from '../../support/review.ts'
import {
  type Cluster,
  CONCEIVABLE,
  DATA_RULE,
  EXCEPTION,
  type Hazard,
  JSON_PATCH,
  NETWORK_RULE,
  type Policy,
  RUNNING,
  type Vm,
} from './cluster-model.ts'
import { isCovered, isSame } from './covered.ts'
import { hazardsOf, networkOf, rulesAboutAll, selectsAll } from './hazards.ts'
import { effective } from './hco.ts'
import { byPrecedence, hasPostCopy, isSelected, merged, ranked } from './kubevirt.ts'
import { approvable } from './promise.ts'

/** The annotations of the object of a request, before and after it. */
export type Annotated = { readonly before: Texts; readonly after: Texts }

/**
 * True where a request makes nothing worse for sure. Not so, by design, where
 * - a jsonpatch is there: it is judged by RFC 6902 as well as by what HCO does, and one of them may be worse;
 * - it takes approval, whatever it does;
 * - a policy spares fewer VMs: whether several others spare them together is not looked at;
 * - a policy that spares VMs now loses to one that switches post copy on: whether a VM can match both is not looked at;
 * - an exception is taken away while its rule finds anything: it goes together with its cause;
 * - a covered VM has post copy from elsewhere or on another network: what was approved was something else. So it is where the
 *   exception on the object that it had it from is about something that came later: without a memory nobody can tell.
 */
export function isHarmless(before: Cluster, after: Cluster, texts: Annotated): boolean {
  if ([before, after].some(({ annotations }) => annotations[JSON_PATCH] !== undefined)) return false
  if (approvable(texts.before, texts.after).length > 0) return false
  const [old, now] = [reachesOf(before), reachesOf(after)]
  if (![...now.dangers].every(danger => old.dangers.has(danger))) return false
  if (![...old.spares].every(spare => now.spares.has(spare))) return false
  if (losesMore(before, after)) return false
  if (now.parallel > Math.max(old.parallel, 10)) return false
  return !dropsNeeded(after, texts) && !movesCovered(before, after)
}

/** Post copy from each of the settings alone, whether or not a VM has it from them today. */
function reachesOf(cluster: Cluster) {
  const settings = effective(cluster)
  const dangers = new Set<string>()
  const spares = new Set<string>()
  for (const policy of [undefined, ...cluster.policies.values()]) {
    const name = policy?.name ?? ''
    if (!hasPostCopy(merged(settings, policy))) {
      for (const vm of CONCEIVABLE)
        if (policy && isSelected(policy, vm)) spares.add(`${name} ${vm.name}`)
      continue
    }
    const byItself = policy && hasPostCopy(merged({ ...settings, allowPostCopy: false }, policy))
    // What goes off with the cluster settings is theirs, unless it wins over a policy that would spare its VMs.
    const implied = hasPostCopy(settings) && !byItself && !(policy && beatsSparing(cluster, policy))
    const source = implied ? '' : name
    for (const where of reachedBy(cluster, policy)) {
      dangers.add(`${source} ${where}`)
      if (byItself) dangers.add(`${source} ${where}, by itself`)
    }
    // A critical VM is in danger whatever its post copy comes from.
    for (const vm of criticalOf(cluster, policy)) {
      dangers.add(`critical ${vm.name}`)
      if (byItself) dangers.add(`critical ${vm.name}, by itself`)
    }
  }
  return { dangers, spares, parallel: settings.parallelMigrationsPerCluster ?? 0 }
}

function reachedBy(cluster: Cluster, policy: Policy | undefined): readonly string[] {
  const settings = effective(cluster)
  const sparing = sparingIn(cluster).filter(other => !policy || byPrecedence(other, policy) < 0)
  const all = CONCEIVABLE.filter(vm => !policy || isSelected(policy, vm))
  const vms = all.filter(vm => !sparing.some(other => isSelected(other, vm))).map(nameOf)
  // Settings violate also where others win for every VM, or where they select none yet.
  const judgedBy = [...vms, ...all.map(vm => `selected ${nameOf(vm)}`), 'at all']
  const network = networkOf(settings)
  return rulesAboutAll(cluster, settings).flatMap(rule => {
    if (rule === NETWORK_RULE) return judgedBy.map(where => `${rule} ${network} ${where}`)
    return policy && !selectsAll(policy) ? [] : judgedBy.map(where => `${rule} ${where}`)
  })
}

function sparingIn(cluster: Cluster): readonly Policy[] {
  const settings = effective(cluster)
  return [...cluster.policies.values()].filter(policy => !hasPostCopy(merged(settings, policy)))
}

function losesMore(before: Cluster, after: Cluster): boolean {
  return sparingIn(after).some(policy => {
    const old = sparingIn(before).find(({ name }) => name === policy.name)
    const known = old && rivalsOf(before, old)
    return known !== undefined && rivalsOf(after, policy).some(name => !known.includes(name))
  })
}

function rivalsOf(cluster: Cluster, policy: Policy): readonly string[] {
  const sparing = sparingIn(cluster)
  return [...cluster.policies.values()]
    .filter(other => !sparing.includes(other) && isAhead(other, policy))
    .map(({ name }) => name)
}

function isAhead(left: Policy, right: Policy): boolean {
  return (
    byPrecedence(left, right) < 0 &&
    CONCEIVABLE.some(vm => isSelected(left, vm) && isSelected(right, vm))
  )
}

function beatsSparing(cluster: Cluster, policy: Policy): boolean {
  return sparingIn(cluster).some(other => isAhead(policy, other))
}

function criticalOf(cluster: Cluster, policy: Policy | undefined): readonly Vm[] {
  return RUNNING.filter(
    vm => cluster.critical.includes(vm.name) && ranked(cluster, vm)[0] === policy,
  )
}

const nameOf = ({ name }: Vm) => name

function dropsNeeded(after: Cluster, texts: Annotated): boolean {
  const { dangers, parallel } = reachesOf(after)
  if (dangers.size === 0 && parallel <= 10) return false
  return Object.keys(texts.before).some(
    key => key.startsWith(EXCEPTION) && texts.after[key] === undefined,
  )
}

function movesCovered(before: Cluster, after: Cluster): boolean {
  const [was, is] = [before, after].map(cluster => networkOf(effective(cluster)))
  const carriers = [after, ...after.policies.values()]
  // For post copy of the settings as well that no VM has today.
  if (was !== is && carriers.some(({ annotations }) => EXCEPTION + DATA_RULE in annotations))
    return true
  const covered = hazardsOf(before).filter(
    hazard => isCovered(before, hazard) || isExcepted(before, hazard),
  )
  return hazardsOf(after).some(({ by, follows, ...hazard }) =>
    covered.some(
      old => isSame(old, { by, follows, ...hazard }) && (old.by !== by || old.follows !== follows),
    ),
  )
}

function isExcepted(cluster: Cluster, { by, rule }: Hazard): boolean {
  const carrier = by === null ? cluster : cluster.policies.get(by)
  return carrier !== undefined && EXCEPTION + rule in carrier.annotations
}
