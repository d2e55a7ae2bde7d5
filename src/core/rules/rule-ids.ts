import { didYouMean } from '../did-you-mean.ts'

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

// What is shorter stands in half of the ids.
const SHORTEST_PART = 4

// The first words of each id; what several begin with stands for the first of them.
const BEGINNINGS: ReadonlyMap<string, RuleId> = new Map(
  RULE_IDS.toReversed().flatMap(id =>
    [...id.matchAll(/-|$/g)].map(({ index }) => [id.slice(0, index), id] as const),
  ),
)

/** The rule that a text most likely means: misspelt, or a part of its id such as "parallel", or both. */
export function nearestRuleId(text: string): RuleId | undefined {
  const word = text.toLowerCase()
  const part = word.length < SHORTEST_PART ? undefined : word
  const beginning = RULE_IDS.find(id => part !== undefined && id.startsWith(part))
  const within = RULE_IDS.find(id => part !== undefined && id.includes(part))
  const misspelt =
    part === undefined ? undefined : BEGINNINGS.get(didYouMean(part, [...BEGINNINGS.keys()]) ?? '')
  return (didYouMean(word, RULE_IDS) as RuleId | undefined) ?? beginning ?? within ?? misspelt
}
