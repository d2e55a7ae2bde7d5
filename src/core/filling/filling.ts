import type { Profile } from '../facts/profile.ts'
import type { Note } from '../messages/note.ts'
import type { Policy } from '../policy.ts'
import type { FieldName } from '../settings/live-migration-config.ts'
import type { StockDefaults } from '../settings/stock-defaults.ts'
import type { Gap, PatchOperation } from './patch.ts'

/** A value written for the user, with its reason in words. */
export type FilledField = {
  readonly name: FieldName
  readonly value: string | number | boolean
  readonly because: string
}

/** How a setting is shown to be meant: named by an apply, or by an update of just this setting. */
export type Naming = 'apply' | 'update'

/**
 * What filling took from a request besides the settings and our annotations. Plain and short, as it stands in the audit
 * record: what shows whose a setting is may be long (managedFields, the manifest of the last apply).
 */
export type FillingEvidence = {
  /** Those of our annotations that a manifest names: they are not ours to change, or every apply would change them back. */
  readonly claimed: readonly string[]
  /** A declarative client wrote the whole object: what it does not name was left open. */
  readonly declarative: boolean
  /** The parents of what may be written that are no objects. */
  readonly gaps: Readonly<Record<string, Gap>>
  readonly named: Readonly<Partial<Record<FieldName, Naming>>>
  /** Where the stock defaults come from. */
  readonly stock: string
}

/** What filling does to a request: the fields, the patch that writes them, and what to say about it. */
export type Filling = {
  readonly filled: readonly FilledField[]
  readonly patch: readonly PatchOperation[]
  readonly notes: readonly Note[]
  /** null where filling did not get so far as to look at it. */
  readonly evidence: FillingEvidence | null
}

/** The filling of a request that is left as it is. */
export const NOTHING_FILLED: Filling = { filled: [], patch: [], notes: [], evidence: null }

/** What filling depends on besides the request. */
export type FillContext = {
  readonly stock: StockDefaults
  readonly profile: Profile
  readonly mode: Policy['filling']
  /** What speaks against post copy in this cluster; null where nothing does. */
  readonly againstPostCopy: string | null
  readonly limits: Policy['limits']
  /** False for an edit of something else, which is not the place for advice. */
  readonly settingsChanged: boolean
  /** False for an edit of something else, which must not switch post copy on. */
  readonly mayAddPostCopy: boolean
  /** True when the settings with these fields trip nothing that they do not trip without them. */
  readonly isHarmless: (fields: readonly FilledField[]) => boolean
}
