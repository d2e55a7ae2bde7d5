import type { RuleId } from './rules/rule-ids.ts'
import { GUIDANCE } from './settings/guidance.ts'

/** What happens to a violation: refuse, warn, only record, or do not look. */
export type Enforcement = 'deny' | 'warn' | 'audit' | 'off'

/** Above `deny` a value is refused, above `warn` it is warned of. */
export type Limits = { readonly deny: number; readonly warn: number }
/** The limits of a setting with heavy workloads, and without. */
export type LimitsByProfile = { readonly heavy: Limits; readonly standard: Limits }

/** A MigrationGuardPolicy with every default filled in: what the administrator of the platform decides. */
export type Policy = {
  /** HCO version such as "1.20" whose stock defaults apply when no CRD can be read. */
  readonly hcoVersion: string | null
  readonly profile: 'heavy' | 'standard' | null
  /** Critical data declared for the whole cluster; an editor of the HyperConverged cannot take it back. */
  readonly data: 'critical' | null
  readonly filling: 'fill' | 'suggest' | 'off'
  /** Enforcement where it differs from the rule's default. */
  readonly enforcement: Readonly<Partial<Record<RuleId, Enforcement>>>
  readonly limits: {
    readonly parallelMigrationsPerCluster: LimitsByProfile
    readonly parallelOutboundMigrationsPerNode: LimitsByProfile
  }
  readonly networks: {
    readonly podNetwork: 'stable' | 'unstable' | null
    /** `[namespace/]name` of NetworkAttachmentDefinitions. */
    readonly unstable: readonly string[]
  }
  /** Bytes per second of the link that migrations share, as a quantity. */
  readonly linkBandwidth: string | null
  readonly heavy: { readonly instancetypes: readonly string[] }
  readonly exceptions: {
    readonly maxDurationSeconds: number
    readonly onExpiry: 'warn' | 'deny'
  }
  readonly operator: { readonly serviceAccount: string }
  readonly audit: { readonly onFailure: 'deny' | 'allow' }
}

/** The policy that applies when no file says otherwise. */
export const DEFAULT_POLICY: Policy = {
  hcoVersion: null,
  profile: null,
  data: null,
  filling: 'fill',
  enforcement: {},
  limits: {
    parallelMigrationsPerCluster: {
      heavy: { deny: 10, warn: GUIDANCE.parallelMigrationsPerCluster },
      standard: { deny: 50, warn: 20 },
    },
    parallelOutboundMigrationsPerNode: {
      heavy: { deny: 2, warn: GUIDANCE.parallelOutboundMigrationsPerNode },
      standard: { deny: 10, warn: 5 },
    },
  },
  networks: { podNetwork: null, unstable: [] },
  linkBandwidth: null,
  heavy: { instancetypes: ['m1.*', 'cx1.*', 'rt1.*'] },
  exceptions: { maxDurationSeconds: 720 * 3600, onExpiry: 'warn' },
  operator: { serviceAccount: 'hyperconverged-cluster-operator' },
  audit: { onFailure: 'deny' },
}
