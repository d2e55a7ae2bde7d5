import type { ClusterFacts } from '../core/facts/cluster-facts.ts'
import type { Policy } from '../core/policy.ts'

/** Where the facts of a decision come from; a live cluster keeps them current behind `facts`. */
export type FactsSource<Kind extends KnownKind = KnownKind> = {
  /** The facts under a policy: the same value as long as neither changed, apart from their age. Never waits. */
  readonly facts: (policy: Policy) => ClusterFacts
  /** Calls whenever the facts have changed by themselves; returns the way to stop it. */
  readonly onChange: (listener: (facts: ClusterFacts) => void) => () => void
  /** How far each kind is known. */
  readonly status: () => readonly Kind[]
  /** One line on its state, for readiness. */
  readonly detail: () => string
  readonly close: () => Promise<void>
}

/** How far a kind is known. */
export type KnownKind = {
  readonly kind: string
  /** True once a list was complete; stays true while the server is away. */
  readonly synced: boolean
  /** True where the cluster does not know the kind: then all is known of it. */
  readonly missing: boolean
  /** Milliseconds since the epoch of the last sign of life by which everything is known; null before the first, and unwatched. */
  readonly lastEvent: number | null
  readonly objects: number
  readonly relists: number
}
