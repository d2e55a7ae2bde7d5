import type { ClusterFacts } from './facts/cluster-facts.ts'
import type { Policy } from './policy.ts'

/** Whether the author of a request may approve exceptions to a rule. */
export type Approval = {
  readonly granted: boolean
  /** Why not, for the message: the authoriser's reason, or that it did not answer. */
  readonly detail: string
}

/** Answers by the name asked for (a rule id, or any text that stands after the exception prefix). */
export type Approvals = ReadonlyMap<string, Approval>

/** Reads one YAML or JSON document; throws an Error whose message says what is wrong. */
export type YamlReader = (text: string) => unknown

/** Everything besides the request that a decision depends on. */
export type DecisionContext = {
  readonly facts: ClusterFacts
  readonly policy: Policy
  readonly approvals: Approvals
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly readYaml: YamlReader
}
