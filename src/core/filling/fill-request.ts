import type { AdmissionRequest } from '../admission-review.ts'
import { annotationsOf } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import { isObject, type JsonObject } from '../json.ts'
import { readOverride } from '../json-patch/override.ts'
import { compareStates } from '../judging/compare-states.ts'
import type { States } from '../judging/states.ts'
import { subjectsOf } from '../judging/subject.ts'
import { isOperatorAccount } from '../operator.ts'
import { isFillingDue, type Scope } from '../scope.ts'
import { fieldPath, findConfig } from '../settings/hyperconverged.ts'
import { readConfig } from '../settings/live-migration-config.ts'
import { stockFor } from '../settings/stock-defaults.ts'
import { fill } from './fill.ts'
import { type FilledField, type Filling, NOTHING_FILLED } from './filling.ts'

/** Fills a request where filling is due: never HCO's own writes, invalid objects, or updates of something else. */
export function fillRequest(
  request: AdmissionRequest,
  scope: Scope,
  states: States,
  { facts, policy, now }: DecisionContext,
): Filling {
  const { object } = request
  const { profile } = states.situation
  const invalid = states.after[0]?.invalid ?? []
  if (scope.kind !== 'HyperConverged' || object === null || !isFillingDue(request))
    return NOTHING_FILLED
  if (invalid.length > 0) return NOTHING_FILLED
  if (isOperatorAccount(request, policy)) return NOTHING_FILLED
  if (wouldBeHeldUp(scope, states, { facts, policy, now })) return NOTHING_FILLED
  return fill(request, {
    stock: stockFor(object, facts.stock, policy.hcoVersion),
    profile,
    mode: policy.filling,
    againstPostCopy: whyNoPostCopy(states),
    limits: policy.limits,
    settingsChanged: scope.settingsChanged,
    mayAddPostCopy: scope.settingsChanged || scope.annotationsChanged,
    isHarmless: harmCheck(object, states),
  })
}

// Filling makes an edit of something else one of the settings, which is refused where these cannot be judged or are overdue.
function wouldBeHeldUp(
  { settingsChanged, annotationsChanged }: Scope,
  { exceptions }: States,
  { facts, policy, now }: Pick<DecisionContext, 'facts' | 'policy' | 'now'>,
): boolean {
  if (settingsChanged || annotationsChanged) return false
  const expired = exceptions.some(({ exception }) => exception && exception.expiresAt <= now)
  return !facts.synced || (policy.exceptions.onExpiry === 'deny' && expired)
}

function whyNoPostCopy({ situation, after }: States): string | null {
  const { facts, criticalData } = situation
  const network = after[0]?.network
  if (network && network.unstable !== null)
    return `the migration network ${network.name} is flagged unstable (${network.unstable})`
  if (criticalData !== null) return `critical data is declared (${criticalData})`
  const critical = facts.workloads.critical[0]
  if (critical !== undefined) return `critical VMs run here, such as ${critical.name}`
  return facts.synced ? null : 'the networks and VMs of the cluster are not known yet'
}

// Judged without enforcement and exceptions: filling must not even need an excuse.
function harmCheck(
  object: JsonObject,
  states: States,
): (fields: readonly FilledField[]) => boolean {
  const { path, block } = findConfig(object)
  const situation = { ...states.situation, policy: { ...states.situation.policy, enforcement: {} } }
  const read = (config: unknown) =>
    subjectsOf(situation, readConfig(config), name => fieldPath(path, name), {
      override: readOverride(annotationsOf(object), config),
      exceptions: [],
      unapproved: [],
    })
  const before = read(block)
  return fields => {
    const filled: Record<string, unknown> = { ...(isObject(block) ? block : {}) }
    for (const { name, value } of fields) filled[name] = value
    return !compareStates(before, read(filled)).violations.some(({ worse }) => worse)
  }
}
