import { own } from '../../../core/json.ts'
import type { Finding } from '../../../core/judging/finding.ts'
import type { Policy } from '../../../core/policy.ts'
import type { RuleId } from '../../../core/rules/rule-ids.ts'
import { GUIDANCE } from '../../../core/settings/guidance.ts'
import { findConfig } from '../../../core/settings/hyperconverged.ts'
import { FIELDS } from '../../../core/settings/live-migration-config.ts'
import type { Judged } from '../judge-request.ts'

type Repair = (finding: Finding, judged: Judged, policy: Policy) => number | undefined

/**
 * The rules with one obvious correction: the nearest value that nothing is said against. What asks for a decision
 * (post copy, networks, exceptions, switching migration off, a unit that may have been meant) is left to the author.
 */
const REPAIRS: Readonly<Partial<Record<RuleId, Repair>>> = {
  'parallel-migrations-too-high': highestWithoutWarning,
  'outbound-migrations-too-high': highestWithoutWarning,
  'completion-timeout-long': () => GUIDANCE.completionTimeoutPerGiB,
  'progress-timeout-low': () => GUIDANCE.progressTimeout,
  'outbound-exceeds-cluster': limitOfCluster,
  'invalid-value': withoutQuotes,
}

/** The value that corrects a finding, where there is just one. */
export function repairOf(finding: Finding, judged: Judged, policy: Policy): number | undefined {
  return REPAIRS[finding.rule]?.(finding, judged, policy)
}

function highestWithoutWarning(
  { setting }: Finding,
  { decision }: Judged,
  { limits }: Policy,
): number | undefined {
  if (setting !== 'parallelMigrationsPerCluster' && setting !== 'parallelOutboundMigrationsPerNode')
    return undefined
  return limits[setting][decision.profile?.name ?? 'heavy'].warn
}

function limitOfCluster(_finding: Finding, { decision }: Judged): number | undefined {
  const { block } = findConfig(decision.request?.object ?? {})
  const limit = own(block, 'parallelMigrationsPerCluster')
  return typeof limit === 'number' && limit >= 1 ? limit : undefined
}

// "5" can only be 5. Not "0" and not "true": once read, these switch something off or on, and that is for the author.
function withoutQuotes({ setting, value }: Finding): number | undefined {
  if (!setting || typeof value !== 'string' || !FIELDS[setting].startsWith('int')) return undefined
  return /^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined
}
