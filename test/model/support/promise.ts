// The promise of docs/security.md: no request introduces a state that loses a VM, without an exception that somebody approved
// who has the right to. What "introduces" means is docs/how-it-decides.md, "The way of a request".
import type { Texts } from '../../support/review.ts'
import {
  type Cluster,
  CONCEIVABLE,
  DATA,
  DATA_RULE,
  EXCEPTION,
  type Hazard,
  STABILITY,
} from './cluster-model.ts'
import { type Concerned, isCovered, isNoWorse } from './covered.ts'
import { hazardsOf, networkOf, rulesAboutAll, selectsAll, sourceOf } from './hazards.ts'
import { effective } from './hco.ts'
import { hasPostCopy, isSelected, merged, ranked } from './kubevirt.ts'

const DECLARATIONS: readonly (readonly [name: string, text: string])[] = [
  [DATA, 'critical'],
  [STABILITY, 'unstable'],
]

/** What the new state has that was not unsafe before and that no exception covers. */
export function introduced(
  before: Cluster,
  after: Cluster,
  concerned: Concerned | undefined,
): readonly Hazard[] {
  const judged = asDeclaredIn(after, before)
  const standing = hazardsOf(judged).filter(hazard => !isCovered(judged, hazard))
  return (
    hazardsOf(after)
      .filter(hazard => !isCovered(after, hazard, concerned))
      .filter(hazard => !standing.some(old => isNoWorse(hazard, old)))
      .filter(hazard => !stoodInSettings(judged, hazard))
      // A policy that goes off with the cluster settings adds nothing to what these do.
      .filter(hazard => !(hazard.follows && stoodInSettings(judged, { ...hazard, by: null })))
  )
}

// Old and new settings are judged under the new declarations: one that tightens endangers nobody.
function asDeclaredIn(after: Cluster, before: Cluster): Cluster {
  const stricter = DECLARATIONS.filter(([name, text]) => after.annotations[name] === text)
  return { ...before, annotations: { ...before.annotations, ...Object.fromEntries(stricter) } }
}

/**
 * True where the settings from which the hazard comes stood before, uncovered, and this VM was not spared post copy: the rules
 * judge settings, not VMs that may run some day. Settings that violate do so for all that they select, also where another
 * policy wins and gives post copy under an exception of its own; who leaves a VM to them makes nothing unsafe of what was safe.
 */
function stoodInSettings(before: Cluster, hazard: Hazard): boolean {
  const vm = CONCEIVABLE.find(({ name }) => name === hazard.vm)
  const settings = effective(before)
  const policy = hazard.by === null ? undefined : before.policies.get(hazard.by)
  if (vm === undefined || (hazard.by !== null && policy === undefined)) return false
  if (!rulesAboutAll(before, settings).some(rule => rule === hazard.rule)) return false
  if (networkOf(settings) !== hazard.network || !hasPostCopy(merged(settings, policy))) return false
  if (policy && !isSelected(policy, vm)) return false
  if (policy && hazard.rule === DATA_RULE && !selectsAll(policy)) return false
  const old = { ...hazard, ...sourceOf(settings, policy) }
  const [winner] = ranked(before, vm)
  return isNoWorse(hazard, old) && hasPostCopy(merged(settings, winner)) && !isCovered(before, old)
}

/** What a change of annotations takes the right to approve for: exceptions, and declarations that are taken back. */
export function approvable(before: Texts, after: Texts): readonly string[] {
  const added = Object.keys(after).filter(
    key => key.startsWith(EXCEPTION) && after[key] !== before[key],
  )
  const weakened = DECLARATIONS.filter(
    ([name, text]) => before[name] === text && after[name] !== text,
  )
  return [...added, ...weakened.map(([name]) => name)]
}
