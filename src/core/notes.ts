import type { AdmissionRequest } from './admission-review.ts'
import { DATA, NETWORK_STABILITY, word } from './annotations.ts'
import type { DecisionContext } from './decision-context.ts'
import { apiVersionOf, findConfig } from './hyperconverged.ts'
import { show } from './json.ts'
import type { Note } from './note.ts'
import type { Situation } from './subject.ts'

const STALE = 5 * 60 * 1000

/** What in a request or the facts cannot be relied on: declarations that do not say what they seem to, an unknown version, old facts. */
export function findNotes(
  request: AdmissionRequest,
  situation: Situation,
  context: DecisionContext,
): readonly Note[] {
  return findCautions(request, situation, context).map(text => ({ kind: 'caution', text }))
}

function findCautions(
  request: AdmissionRequest,
  situation: Situation,
  { facts, now }: DecisionContext,
): readonly string[] {
  const age = facts.asOf === null ? 0 : now - facts.asOf
  const stale =
    facts.source === 'cluster' && age > STALE
      ? [
          `what is known of networks and VMs is ${Math.round(age / 60_000)} minutes old: the API server has not answered since`,
        ]
      : []
  if (situation.kind !== 'HyperConverged') return stale
  return [
    ...situation.profile.notes,
    ...unknownWords(situation.declarations),
    ...unknownVersion(request),
    ...stale,
  ]
}

function unknownVersion({ object }: AdmissionRequest): readonly string[] {
  if (object === null) return []
  const { knownVersion, path } = findConfig(object)
  if (knownVersion) return []
  const version = show(apiVersionOf(object))
  return [
    `API version ${version} of HyperConverged is unknown to this release; the settings were read from ${path.join('.')}`,
  ]
}

const WORDS: readonly (readonly [key: string, known: readonly string[]])[] = [
  [DATA, ['critical']],
  [NETWORK_STABILITY, ['stable', 'unstable']],
]

function unknownWords(declarations: Readonly<Record<string, string>>): readonly string[] {
  return WORDS.filter(([key, known]) => {
    const text = word(declarations[key])
    return text !== undefined && !known.includes(text)
  }).map(
    ([key, known]) =>
      `${key}: ${show(declarations[key])} is ignored: expected ${known.join(' or ')}`,
  )
}
