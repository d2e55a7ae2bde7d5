import type { Finding } from '../../../core/finding.ts'
import { findConfig } from '../../../core/hyperconverged.ts'
import { own } from '../../../core/json.ts'
import { FIELDS } from '../../../core/live-migration-config.ts'
import type { Policy } from '../../../core/policy.ts'
import type { RuleId } from '../../../core/rule-ids.ts'
import type { Judged } from '../judge.ts'

type Value = number | boolean
type Repair = (finding: Finding, judged: Judged, policy: Policy) => Value | undefined

// OpenShift Virtualization, "Configure live migration for heavy workloads".
const GUIDANCE_SECONDS = 150

/**
 * The rules with one obvious correction: the nearest value that nothing is said against. What asks for a decision
 * (post copy, networks, exceptions, switching migration off, a unit that may have been meant) is left to the author.
 */
const REPAIRS: Readonly<Partial<Record<RuleId, Repair>>> = {
  'parallel-migrations-too-high': highestWithoutWarning,
  'outbound-migrations-too-high': highestWithoutWarning,
  'completion-timeout-long': () => GUIDANCE_SECONDS,
  'progress-timeout-low': () => GUIDANCE_SECONDS,
  'outbound-exceeds-cluster': limitOfCluster,
  'invalid-value': withoutQuotes,
}

/** The value that corrects a finding, where there is just one. */
export function repairOf(finding: Finding, judged: Judged, policy: Policy): Value | undefined {
  return REPAIRS[finding.rule]?.(finding, judged, policy)
}

function highestWithoutWarning(
  { setting }: Finding,
  { decision }: Judged,
  { limits }: Policy,
): Value | undefined {
  if (setting !== 'parallelMigrationsPerCluster' && setting !== 'parallelOutboundMigrationsPerNode')
    return undefined
  return limits[setting][decision.profile?.name ?? 'heavy'].warn
}

function limitOfCluster(_finding: Finding, { decision }: Judged): Value | undefined {
  const { block } = findConfig(decision.request?.object ?? {})
  const limit = own(block, 'parallelMigrationsPerCluster')
  return typeof limit === 'number' && limit >= 1 ? limit : undefined
}

// "5" can only be 5, and "true" true; a bandwidth is text anyway.
function withoutQuotes({ setting, value }: Finding): Value | undefined {
  if (!setting || typeof value !== 'string') return undefined
  if (FIELDS[setting] === 'boolean')
    return value === 'true' ? true : value === 'false' ? false : undefined
  const isInteger = FIELDS[setting].startsWith('int') && /^(?:0|[1-9]\d{0,8})$/.test(value)
  return isInteger ? Number(value) : undefined
}
