import type { AdmissionRequest } from '../admission-review.ts'
import {
  annotationPath,
  annotationsOf,
  DATA,
  EXCEPTION_PREFIX,
  FILLED,
  NETWORK_STABILITY,
  PINNED,
  PREFIX,
  WORKLOAD_PROFILE,
  word,
} from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import type { ClusterFacts } from '../facts/cluster-facts.ts'
import { printable, show } from '../json.ts'
import type { States } from '../judging/states.ts'
import { apiVersionOf, findConfig } from '../settings/hyperconverged.ts'
import { isFieldName } from '../settings/live-migration-config.ts'
import type { Note } from './note.ts'

type Declarations = Readonly<Record<string, string>>

const STALE = 5 * 60 * 1000

/** What in a request or the facts cannot be relied on: declarations that do not say what they seem to, an unknown version, old facts. */
export function findNotes(
  request: AdmissionRequest,
  states: States,
  context: DecisionContext,
): readonly Note[] {
  const annotations = findAnnotationCautions(states.situation, annotationsOf(request.object)).map(
    ([key, text]) => ({
      kind: 'caution' as const,
      text,
      field: annotationPath(key),
    }),
  )
  const others = findCautions(request, states, context)
  return [...annotations, ...others.map(text => ({ kind: 'caution' as const, text }))]
}

/** The key of an annotation, and what is wrong with it. */
type AnnotationCaution = readonly [key: string, text: string]

function findAnnotationCautions(
  { kind, profile, declarations }: States['situation'],
  annotations: Declarations,
): readonly AnnotationCaution[] {
  if (kind !== 'HyperConverged') return strayKeys(annotations)
  return [
    ...strayKeys(annotations),
    ...profile.notes.map(text => [WORKLOAD_PROFILE, text] as const),
    ...unknownKeys(declarations),
    ...unknownWords(declarations),
    ...unknownPins(declarations),
  ]
}

function findCautions(
  request: AdmissionRequest,
  { situation, after }: States,
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
  return [...unclearFlag(after[0]?.network.name, facts), ...unknownVersion(request), ...stale]
}

// A slip in the flag must not pass for a stable network without a word.
function unclearFlag(network: string | undefined, { networks }: ClusterFacts): readonly string[] {
  if (network === undefined || typeof networks === 'string') return []
  if (networks.get(network) !== 'unclear') return []
  return [
    `${NETWORK_STABILITY} on NetworkAttachmentDefinition ${printable(network, 120)} is ignored: it is neither stable nor unstable`,
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

// `exceptions.migration-guard.io` is what a right to approve is called, and nearly what an exception is.
function strayKeys(annotations: Declarations): readonly AnnotationCaution[] {
  return Object.keys(annotations)
    .filter(key => key.includes(PREFIX) && !key.startsWith(PREFIX))
    .filter(key => !key.startsWith(EXCEPTION_PREFIX))
    .map(key => [
      key,
      `${printable(key, 80)} is ignored: an exception is written ${EXCEPTION_PREFIX}<rule>`,
    ])
}

const KNOWN: readonly string[] = [WORKLOAD_PROFILE, DATA, NETWORK_STABILITY, FILLED, PINNED]

// A declaration with a slip in its name would protect nothing.
function unknownKeys(declarations: Declarations): readonly AnnotationCaution[] {
  const known = KNOWN.map(name => name.slice(PREFIX.length)).join(', ')
  return Object.keys(declarations)
    .filter(key => key.startsWith(PREFIX) && !KNOWN.includes(key))
    .map(key => {
      const text = `${printable(key, 80)} is ignored: there is no such annotation; known are ${known}`
      return [key, text]
    })
}

function unknownPins(declarations: Declarations): readonly AnnotationCaution[] {
  const names = (declarations[PINNED] ?? '').split(',').map(name => name.trim())
  return names
    .filter(name => name !== '' && !isFieldName(name))
    .map(name => [PINNED, `${PINNED}: ${show(name)} is ignored: there is no such setting`])
}

const WORDS: readonly (readonly [key: string, known: readonly string[]])[] = [
  [DATA, ['critical']],
  [NETWORK_STABILITY, ['stable', 'unstable']],
]

function unknownWords(declarations: Declarations): readonly AnnotationCaution[] {
  return WORDS.filter(([key, known]) => {
    const text = word(declarations[key])
    return text !== undefined && !known.includes(text)
  }).map(([key, known]) => [
    key,
    `${key}: ${show(declarations[key])} is ignored: expected ${known.join(' or ')}`,
  ])
}
