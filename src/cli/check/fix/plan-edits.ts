import { annotationsOf, EXCEPTION_PREFIX } from '../../../core/annotations.ts'
import { isObject, type JsonObject, own } from '../../../core/json.ts'
import type { Finding } from '../../../core/judging/finding.ts'
import { findConfig } from '../../../core/settings/hyperconverged.ts'
import type { FieldName } from '../../../core/settings/live-migration-config.ts'
import { POST_COPY_SWITCHES } from '../../../core/settings/post-copy.ts'
import type { Path } from '../../../yaml/locate.ts'
import type { JudgedManifest } from '../check-files.ts'
import { misplacedBlock } from '../manifest-notes.ts'
import { ONLY_WITH_FACTS } from '../offline-advice.ts'
import { objectText } from '../output/words.ts'
import type { FixedValue } from '../report.ts'
import type { Manifest } from '../sort-objects.ts'
import type { Surroundings } from '../surroundings.ts'
import { repairOf } from './repairs.ts'

/** One value to write, and where: in which document of which file, and at which path in it. */
export type Edit = FixedValue & {
  readonly file: string
  readonly index: number
  readonly path: Path
  /** Why it is not to be written after all. */
  readonly refused: string | null
}

/** What --fix writes into a manifest: the values that would be filled, and the corrections that are beyond doubt. */
export function planEdits(
  { manifest, judged }: JudgedManifest,
  { policy, facts }: Pick<Surroundings, 'policy' | 'facts'>,
): readonly Edit[] {
  const { path, block } = findConfig(manifest.object)
  const misplaced = misplacedBlock(manifest.object)
  if (misplaced !== null && !isObject(block)) return [moved(manifest, misplaced, path)]
  const excepted = exceptedSettings(manifest.object, judged.decision.findings)
  const edit = (name: FieldName, after: FixedValue['after'], because: string): Edit => ({
    file: manifest.document.source,
    index: manifest.index,
    path: [...manifest.path, ...path, name],
    object: objectText(manifest),
    field: [...path, name].join('.'),
    before: own(block, name),
    after,
    because,
    refused: refusal(name),
  })
  const refusal = (name: FieldName) => {
    if (own(block, name) !== undefined && excepted.has(name)) return EXCEPTED
    return facts === null && POST_COPY_SWITCHES.includes(name) ? UNDECIDED : null
  }
  const edits = new Map<FieldName, Edit>()
  for (const { name, value, because } of judged.filling.filled)
    edits.set(name, edit(name, value, because))
  for (const finding of judged.decision.findings) {
    const { setting, effect, rule } = finding
    const written = setting && own(block, setting) !== undefined
    if (!written || (effect !== 'deny' && effect !== 'warn') || edits.has(setting)) continue
    // The annotation that overrides a setting is not mended by changing the setting.
    if (finding.field !== [...path, setting].join('.')) continue
    const value = repairOf(finding, judged, policy)
    if (value !== undefined)
      edits.set(setting, edit(setting, value, `[${rule}] ${finding.message}`))
  }
  return [...edits.values()]
}

const EXCEPTED = 'an exception for it stands on the object'

// A guard that knows no network and no VM fills neither of these; written into a file, they would be the author's own.
const UNDECIDED = `true is left for you to decide: ${ONLY_WITH_FACTS}`

// Whether it holds or not: somebody has decided about the value, and may only have forgotten --user or a later date.
function exceptedSettings(
  object: JsonObject,
  findings: readonly Finding[],
): ReadonlySet<FieldName | null | undefined> {
  const annotations = annotationsOf(object)
  return new Set(
    findings
      .filter(({ rule }) => Object.hasOwn(annotations, EXCEPTION_PREFIX + rule))
      .map(({ setting }) => setting),
  )
}

// A second block beside one that is in the wrong place would leave the author's own settings out.
function moved(manifest: Manifest, from: readonly string[], to: readonly string[]): Edit {
  return {
    file: manifest.document.source,
    index: manifest.index,
    path: [...manifest.path, ...from],
    object: objectText(manifest),
    field: from.join('.'),
    before: undefined,
    after: '',
    because: '',
    refused: `${manifest.version} has these settings at ${to.join('.')}: move them there first, as a second block would not have them`,
  }
}
