import { didYouMean } from '../../core/did-you-mean.ts'
import { OVERRIDABLE } from '../../core/facts/migration-policy.ts'
import { SELECTOR_NAMES } from '../../core/facts/selection.ts'
import { at, isObject, type JsonObject, own, printable } from '../../core/json.ts'
import { assumptionOf, readHcoVersion } from '../../core/settings/hco-version.ts'
import {
  blockElsewhere,
  findConfig,
  placeElsewhere,
  reportedVersion,
} from '../../core/settings/hyperconverged.ts'
import { FIELD_NAMES, isFieldName } from '../../core/settings/live-migration-config.ts'
import { stockFor } from '../../core/settings/stock-defaults.ts'
import type { Path } from '../../yaml/locate.ts'
import type { JudgeContext } from './judge-request.ts'
import { placeOf } from './place.ts'
import type { CheckNote } from './report.ts'
import type { Manifest } from './sort-objects.ts'
import { findAmbiguities } from './yaml-dialects.ts'

type Remark = { readonly level: CheckNote['level']; readonly path: Path; readonly text: string }

/** What is wrong with a manifest that a webhook never sees: what the API server drops, and what kubectl reads otherwise. */
export function manifestNotes(manifest: Manifest, context: JudgeContext): readonly CheckNote[] {
  const remarks =
    manifest.kind === 'HyperConverged'
      ? [
          ...misplaced(manifest),
          ...strangers(manifest, context),
          ...assumedVersion(manifest, context),
        ]
      : [...policyStrangers(manifest.object), ...alone(context)]
  const ambiguous = findAmbiguities(manifest).flatMap(({ path, text }) => warn(path, text))
  return [...remarks, ...ambiguous].map(({ level, path, text }) => ({
    level,
    place: placeOf(manifest.document, [...manifest.path, ...path]),
    text,
  }))
}

/** Where settings stand that are in the place of another version; null where there are none. */
export function misplacedBlock(object: JsonObject): readonly string[] | null {
  const misplaced = findConfig(object).knownVersion && blockElsewhere(object) !== null
  return misplaced ? placeElsewhere(object) : null
}

function misplaced({ object, version }: Manifest): readonly Remark[] {
  const { path } = findConfig(object)
  const other = misplacedBlock(object)
  if (other === null) return []
  const text = `${other.join('.')} is not where ${version} has these settings, so they are dropped: move them to ${path.join('.')}`
  return [{ level: 'warning', path: other, text }]
}

function strangers({ object }: Manifest, { facts, policy }: JudgeContext): readonly Remark[] {
  const { path, block } = findConfig(object)
  if (!isObject(block)) return []
  const { known, source } = stockFor(object, facts.stock, policy.hcoVersion)
  return Object.keys(block).flatMap(key => {
    if (isFieldName(key) && known.includes(key)) return []
    if (isFieldName(key))
      return warn([...path, key], `${key} is not known to ${source}, which drops it`)
    return unknownKey(key, FIELD_NAMES, [...path, key])
  })
}

// A newer version may know more, so only what looks like a slip of the pen is a warning.
function unknownKey(key: string, known: readonly string[], path: Path): readonly Remark[] {
  const meant = didYouMean(key, known)
  if (meant === undefined)
    return [
      { level: 'info', path, text: `${printable(key)} is not a setting known to this release` },
    ]
  return warn(
    path,
    `there is no setting ${printable(key)}, so it is dropped: did you mean ${meant}?`,
  )
}

function warn(path: Path, text: string): readonly Remark[] {
  return [{ level: 'warning', path, text }]
}

function assumedVersion({ object }: Manifest, { facts, policy }: JudgeContext): readonly Remark[] {
  const { source } = stockFor(object, facts.stock, policy.hcoVersion)
  if (source === 'the CRD') return []
  const version = policy.hcoVersion ?? reportedVersion(object)
  const text =
    version === undefined || readHcoVersion(version) === undefined
      ? `the defaults of ${source} were assumed; --hco-version says which version it is`
      : assumptionOf(version)
  return text === null ? [] : [{ level: 'info', path: [], text }]
}

// Whether a policy switches post copy on depends on the settings that it overrides.
function alone({ facts }: JudgeContext): readonly Remark[] {
  if (facts.hyperConverged !== null) return []
  const text = 'judged without a HyperConverged; check both together, or have it in --facts'
  return [{ level: 'info', path: [], text }]
}

// A policy that protects nothing because of a misspelt key looks exactly like one that protects.
function policyStrangers(object: JsonObject): readonly Remark[] {
  const places: readonly (readonly [Path, readonly string[]])[] = [
    [['spec'], ['selectors', ...OVERRIDABLE]],
    [['spec', 'selectors'], SELECTOR_NAMES],
  ]
  return places.flatMap(([path, known]) => {
    const value = at(object, path as readonly string[])
    return Object.keys(isObject(value) ? value : {})
      .filter(key => !known.includes(key) && own(value, key) !== undefined)
      .flatMap(key => unknownKey(key, known, [...path, key]))
  })
}
