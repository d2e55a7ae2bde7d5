import type { AdmissionRequest } from '../admission-review.ts'
import { annotationsOf, EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import type { States } from '../judging/states.ts'
import { boundsOf, keyOf, type Violation } from '../rules/violation.ts'
import type { Scope } from '../scope.ts'
import type { ExceptionEntry } from './exception.ts'
import { excuseFor } from './excuse.ts'
import { policyNamed, standingException } from './policy-exceptions.ts'

/** What became of the exceptions of one object: those before the request and those after it. */
type Source = {
  /** On the object of the request. */
  readonly isOwn: boolean
  readonly before: readonly ExceptionEntry[]
  readonly after: readonly ExceptionEntry[]
  /** The exceptions for the cluster settings stand here. */
  readonly isHyperConverged: boolean
  /** The policy of whose violations these alone may speak; null: of all. */
  readonly policy: string | null
}

/** Where an exception lost what it covered: on the object of the request, which goes first, or on another one. */
export type CoverLost = 'own' | 'elsewhere'

/**
 * Tells where an exception stands that covered what a violation was before and does not cover what it is now; null where
 * there is none. A request that takes the exception away, or moves VMs from what is covered to what is not, leaves them
 * without one. Exceptions without a bound count, as what is asked is whether somebody approved this before.
 */
export function findsCoverLost(
  request: Pick<AdmissionRequest, 'operation'>,
  scope: Pick<Scope, 'kind'>,
  states: States,
  context: DecisionContext,
): (violation: Violation, olds: readonly Violation[]) => CoverLost | null {
  const sourcesOf = sources(request, scope, states, context)
  const forPolicy = scope.kind === 'MigrationPolicy'
  return (violation, olds) => {
    const losing = olds.flatMap(old => {
      const found = sourcesOf(old)
      if (forPolicy && found.some(source => staysCovered(source, old, violation))) return []
      return found.filter(source => losesPart(source, old, violation, states.unapproved))
    })
    if (losing.length === 0) return null
    return losing.some(({ isOwn }) => isOwn) ? 'own' : 'elsewhere'
  }
}

function losesPart(
  source: Source,
  old: Violation,
  violation: Violation,
  unapproved: States['unapproved'],
): boolean {
  const bare = bareOf(source, source.before, old, [])
  if (bare.length === boundsOf(old).length) return false
  const after = isElsewhere(source, old, violation) ? source.after.filter(isBound) : source.after
  return bareOf(source, after, violation, unapproved).some(
    needed => !bare.some(known => isWithin(needed, known)),
  )
}

// From other settings than those that somebody approved, without saying how far: another policy that wins now, the cluster
// settings behind it, or a policy that goes on without them.
function isElsewhere({ isHyperConverged }: Source, old: Violation, violation: Violation): boolean {
  const isOfCluster = policyOf(violation) === null || violation.coveredWith !== undefined
  if (isHyperConverged && isOfCluster) return false
  return keyOf(old) !== keyOf(violation) || (isHyperConverged && old.coveredWith !== undefined)
}

// By an exception on another object, so that one more on this object is not needed. Without a bound it speaks of nothing else
// than that object sets.
function staysCovered(source: Source, old: Violation, violation: Violation): boolean {
  if (source.isOwn) return false
  const { isHyperConverged, policy, after } = source
  const isItsOwn = [old, violation].every(
    each => policyOf(each) === policy || (isHyperConverged && each.coveredWith !== undefined),
  )
  const entries = isItsOwn ? after : after.filter(isBound)
  return bareOf(source, entries, violation, []).length === 0
}

function sources(
  { operation }: Pick<AdmissionRequest, 'operation'>,
  { kind }: Pick<Scope, 'kind'>,
  { exceptions, oldExceptions, situation }: States,
  context: DecisionContext,
): (old: Violation) => readonly Source[] {
  const { facts, now, policy, readYaml } = context
  const terms = { now, policy, readYaml, namespace: facts.namespace }
  const isHyperConverged = kind === 'HyperConverged'
  const ofHyperConverged = isHyperConverged ? {} : annotationsOf(facts.hyperConverged)
  const own: Source = {
    isOwn: true,
    before: oldExceptions,
    after: operation === 'DELETE' ? exceptions.filter(isBound) : exceptions,
    isHyperConverged,
    policy: null,
  }
  const standing = (texts: Readonly<Record<string, string>>, { rule }: Violation) => {
    const entries = standingException(texts, EXCEPTION_PREFIX + rule, terms)
    return { before: entries, after: entries }
  }
  return old => {
    const found = [own]
    if (!isHyperConverged)
      found.push({
        ...standing(ofHyperConverged, old),
        isOwn: false,
        isHyperConverged: true,
        policy: null,
      })
    const named = policyOf(old)
    const carrier = named === null ? undefined : policyNamed(named, facts)
    if (carrier && carrier.name !== situation.subjectPolicy)
      found.push({
        ...standing(carrier.exceptions, old),
        isOwn: false,
        isHyperConverged: false,
        policy: carrier.name,
      })
    return found
  }
}

// What goes with its object covers no more than a bound says of what is left.
function isBound({ exception }: ExceptionEntry): boolean {
  return exception !== null && exception.bound !== null
}

function policyOf({ bound }: Violation): string | null {
  const name = bound?.policy
  return typeof name === 'string' ? name : null
}

/** What the exceptions leave uncovered of a violation, which may be another thing in each reading of the settings. */
function bareOf(
  { isHyperConverged, policy }: Source,
  entries: readonly ExceptionEntry[],
  violation: Violation,
  unapproved: States['unapproved'],
): readonly Violation['bound'][] {
  const { rule, coveredWith } = violation
  if (policy !== null && policyOf(violation) !== policy) return boundsOf(violation)
  const isCovered = (bound: Violation['bound']) =>
    excuseFor({ rule, bound }, entries, unapproved, () => true) !== null
  if (isHyperConverged && coveredWith?.every(isCovered)) return []
  return boundsOf(violation).filter(bound => !isCovered(bound))
}

function isWithin(needed: Violation['bound'], known: Violation['bound']): boolean {
  if (needed === null || known === null) return needed === known
  return Object.entries(needed).every(([key, value]) => {
    const limit = known[key]
    return typeof value === 'number' && typeof limit === 'number' ? value <= limit : value === limit
  })
}
