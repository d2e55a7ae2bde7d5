import {
  DEFAULT_POLICY,
  type Enforcement,
  type Limits,
  type LimitsByProfile,
  type Policy,
} from '../core/policy.ts'
import { RULE_IDS, type RuleId } from '../core/rules/rule-ids.ts'
import { parseDuration } from './duration.ts'
import { LIMITED_RULES, type PolicyDocument, settingsOf } from './policy-document.ts'

/** A valid document with the defaults filled in. A list replaces the default list, it does not extend it. */
export function resolvePolicy(document: PolicyDocument): Policy {
  const { networks, heavy, exceptions, operator, audit } = document
  const fallback = DEFAULT_POLICY
  const maxDurationSeconds =
    exceptions?.maxDuration === undefined ? undefined : parseDuration(exceptions.maxDuration)
  return {
    hcoVersion: document.hcoVersion ?? fallback.hcoVersion,
    profile: document.profile ?? fallback.profile,
    data: document.data ?? fallback.data,
    filling: document.filling ?? fallback.filling,
    enforcement: resolveEnforcement(document),
    limits: {
      parallelMigrationsPerCluster: resolveLimits(document, 'parallel-migrations-too-high'),
      parallelOutboundMigrationsPerNode: resolveLimits(document, 'outbound-migrations-too-high'),
    },
    networks: {
      podNetwork: networks?.podNetwork ?? fallback.networks.podNetwork,
      unstable: networks?.unstable ?? fallback.networks.unstable,
    },
    linkBandwidth:
      document.linkBandwidth === undefined
        ? fallback.linkBandwidth
        : String(document.linkBandwidth),
    heavy: { instancetypes: heavy?.instancetypes ?? fallback.heavy.instancetypes },
    exceptions: {
      maxDurationSeconds: maxDurationSeconds ?? fallback.exceptions.maxDurationSeconds,
      onExpiry: exceptions?.onExpiry ?? fallback.exceptions.onExpiry,
    },
    operator: { serviceAccount: operator?.serviceAccount ?? fallback.operator.serviceAccount },
    audit: { onFailure: audit?.onFailure ?? fallback.audit.onFailure },
  }
}

function resolveEnforcement(document: PolicyDocument): Policy['enforcement'] {
  const enforcement: Partial<Record<RuleId, Enforcement>> = {}
  for (const rule of RULE_IDS) {
    const chosen = settingsOf(document, rule).enforcement
    if (chosen !== undefined) enforcement[rule] = chosen
  }
  return enforcement
}

/** The limits of a rule with defaults: a lowered `deny` takes a default `warn` down with it. */
export function resolveLimits(
  document: PolicyDocument,
  rule: keyof typeof LIMITED_RULES,
): LimitsByProfile {
  const written = settingsOf(document, rule).limits
  const defaults = DEFAULT_POLICY.limits[LIMITED_RULES[rule]]
  const merge = (given: Partial<Limits> | undefined, fallback: Limits): Limits => {
    const deny = given?.deny ?? fallback.deny
    return { deny, warn: given?.warn ?? Math.min(fallback.warn, deny) }
  }
  return {
    heavy: merge(written?.heavy, defaults.heavy),
    standard: merge(written?.standard, defaults.standard),
  }
}
