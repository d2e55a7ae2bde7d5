import type { FieldName } from './live-migration-config.ts'
import type { Note } from './note.ts'
import type { PatchOperation } from './patch.ts'
import type { Policy } from './policy.ts'
import type { Profile } from './profile.ts'
import type { StockDefaults } from './stock-defaults.ts'

/** A value written for the user, with its reason in words. */
export type FilledField = {
  readonly name: FieldName
  readonly value: string | number | boolean
  readonly because: string
}

/** What filling does to a request: the fields, the patch that writes them, and what to say about it. */
export type Filling = {
  readonly filled: readonly FilledField[]
  readonly patch: readonly PatchOperation[]
  readonly notes: readonly Note[]
}

/** The filling of a request that is left as it is. */
export const NOTHING_FILLED: Filling = { filled: [], patch: [], notes: [] }

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
