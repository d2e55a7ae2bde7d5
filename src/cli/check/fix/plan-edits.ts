import { findConfig } from '../../../core/hyperconverged.ts'
import { own } from '../../../core/json.ts'
import type { FieldName } from '../../../core/live-migration-config.ts'
import type { Policy } from '../../../core/policy.ts'
import type { Path } from '../../../yaml/locate.ts'
import type { JudgedManifest } from '../check-files.ts'
import { objectText } from '../output/words.ts'
import type { FixedValue } from '../report.ts'
import { repairOf } from './repairs.ts'

/** One value to write, and where: in which document of which file, and at which path in it. */
export type Edit = FixedValue & {
  readonly file: string
  readonly index: number
  readonly path: Path
}

/** What --fix writes into a manifest: the values that would be filled, and the corrections that are beyond doubt. */
export function planEdits({ manifest, judged }: JudgedManifest, policy: Policy): readonly Edit[] {
  const { path, block } = findConfig(manifest.object)
  const edit = (name: FieldName, after: FixedValue['after'], because: string): Edit => ({
    file: manifest.document.source,
    index: manifest.index,
    path: [...manifest.path, ...path, name],
    object: objectText(manifest),
    field: [...path, name].join('.'),
    before: own(block, name),
    after,
    because,
  })
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
