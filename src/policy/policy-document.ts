import type { Enforcement, Limits, Policy } from '../core/policy.ts'
import type { RuleId } from '../core/rules/rule-ids.ts'

/** A rule's entry where it says more than the enforcement. */
export type RuleSettings = {
  readonly enforcement?: Enforcement
  readonly limits?: {
    readonly heavy?: Partial<Limits>
    readonly standard?: Partial<Limits>
  }
}

/** A MigrationGuardPolicy as written: what the schema lets through, before defaults. */
export type PolicyDocument = {
  readonly apiVersion: string
  readonly kind: string
  readonly hcoVersion?: string
  readonly profile?: 'heavy' | 'standard'
  readonly data?: 'critical'
  readonly filling?: Policy['filling']
  readonly rules?: Readonly<Partial<Record<RuleId, Enforcement | RuleSettings>>>
  readonly networks?: {
    readonly podNetwork?: 'stable' | 'unstable'
    readonly unstable?: readonly string[]
  }
  readonly linkBandwidth?: string | number
  readonly heavy?: { readonly instancetypes?: readonly string[] }
  readonly exceptions?: { readonly maxDuration?: string; readonly onExpiry?: 'warn' | 'deny' }
  readonly operator?: { readonly serviceAccount?: string }
  readonly audit?: { readonly onFailure?: 'deny' | 'allow' }
}

/** The rules that have limits, and the field that each limits. */
export const LIMITED_RULES = {
  'parallel-migrations-too-high': 'parallelMigrationsPerCluster',
  'outbound-migrations-too-high': 'parallelOutboundMigrationsPerNode',
} as const satisfies Partial<Record<RuleId, keyof Policy['limits']>>

/** A rule's entry in its long form. */
export function settingsOf(document: PolicyDocument, rule: RuleId): RuleSettings {
  const entry = document.rules?.[rule]
  return typeof entry === 'string' ? { enforcement: entry } : (entry ?? {})
}
