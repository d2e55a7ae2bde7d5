import { annotationPath, EXCEPTION_PREFIX } from '../../core/annotations.ts'
import type { Finding } from '../../core/judging/finding.ts'
import { isRuleId } from '../../core/rules/rule-ids.ts'
import { SOMEBODY } from './check-options.ts'
import type { CheckedObject } from './report.ts'

/** What a check cannot tell of post copy where it knows no networks and no VMs. */
export const ONLY_WITH_FACTS =
  'whether the network is stable and no critical VM runs can be told only with --facts'

type Author = Pick<CheckedObject, 'source' | 'user'>

/** What to do about a finding where no cluster can be asked who may approve: say it on the command line. */
export function adviceOf(finding: Finding, { source, user }: Author): string {
  const { rule, field, fix } = finding
  if (rule !== 'exception-unauthorised' || namesNoRule(field)) return fix
  const name = user === SOMEBODY ? 'NAME' : user
  const author = source === 'review' ? '' : `--user ${name} (who applies this) and `
  return `a check asks no cluster: give ${author}--approver ${name} (who may approve it). In the cluster, ${fix}`
}

function namesNoRule(field: string): boolean {
  const prefix = annotationPath(EXCEPTION_PREFIX).slice(0, -1)
  return field.startsWith(prefix) && !isRuleId(field.slice(prefix.length, -1))
}
