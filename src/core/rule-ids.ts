/** Every rule, in the order in which the docs list them. The ids are public: they stand in annotations, policies and audit logs. */
export const RULE_IDS = [
  'post-copy-unstable-network',
  'post-copy-critical-data',
  'parallel-migrations-too-high',
  'outbound-migrations-too-high',
  'migrations-disabled',
  'invalid-value',
  'post-copy-inert',
  'workload-disruption-pauses',
  'completion-timeout-long',
  'progress-timeout-low',
  'outbound-exceeds-cluster',
  'bandwidth-oversubscribed',
  'network-invalid',
  'network-missing',
  'json-patch-override',
  'exception-unauthorised',
  'exception-invalid',
] as const

/** The id of a rule. */
export type RuleId = (typeof RULE_IDS)[number]

/** True for the id of a rule. */
export function isRuleId(text: string): text is RuleId {
  return (RULE_IDS as readonly string[]).includes(text)
}
