// What people and time do to a cluster: an editor without the right to approve, an approver, and what happens by itself.
import type { Texts, Version } from '../../support/review.ts'
import type { RuleName } from './cluster-model.ts'
import type { Operation } from './hco.ts'

/** What happens by itself. */
export const EVENTS = [
  'two days pass',
  'worn is flagged unstable',
  'the flag on worn is removed',
  'web/shop becomes critical',
] as const

export type Who = 'editor' | 'approver'

/** An edit of exceptions: some are dropped, and then some are put there. */
export type Exceptions = { readonly drop: readonly RuleName[]; readonly add: Texts }

/** New values of fields; null takes a field out. */
export type Changes = Readonly<Record<string, unknown>>

export type SettingsMove = Exceptions & {
  readonly kind: 'settings'
  readonly who: Who
  readonly version: Version
  readonly set: Changes
  /** undefined: stays as it is; null: is taken away. */
  readonly jsonPatch: readonly Operation[] | null | undefined
  readonly data: 'critical' | null | undefined
  readonly stability: 'unstable' | null | undefined
}
export type PolicyMove = Exceptions & {
  readonly kind: 'policy'
  readonly who: Who
  readonly name: string
  /** Whether it is written anew, with nothing of what it was. */
  readonly anew: boolean
  readonly set: Changes
}
export type DeleteMove = { readonly kind: 'delete'; readonly who: Who; readonly name: string }
export type WorldMove = { readonly kind: 'world'; readonly what: (typeof EVENTS)[number] }
export type Move = SettingsMove | PolicyMove | DeleteMove | WorldMove

/** A cluster at the beginning, and what is done to it. */
export type Sequence = {
  readonly start: { readonly unstable: boolean; readonly worn: boolean; readonly critical: boolean }
  readonly moves: readonly Move[]
}
