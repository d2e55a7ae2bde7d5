import type { AdmissionRequest } from '../admission-review.ts'
import { annotationsOf, EXCEPTION_PREFIX } from '../annotations.ts'
import type { DecisionContext } from '../decision-context.ts'
import type { States } from '../judging/states.ts'
import type { Violation } from '../judging/violation.ts'
import type { Scope } from '../scope.ts'
import type { ExceptionEntry } from './exception.ts'
import { excuseFor } from './excuse.ts'
import { readStanding } from './policy-exceptions.ts'

/** What became of the exceptions of one object: those before the request and those after it. */
type Source = {
  readonly before: readonly ExceptionEntry[]
  readonly after: readonly ExceptionEntry[]
  /** The exceptions for the cluster settings stand here. */
  readonly isHyperConverged: boolean
  /** The policy of whose violations these alone may speak; null: of all. */
  readonly policy: string | null
}

/**
 * Tells whether an exception that covered what a violation was before does not cover what it is now, wherever it stands: a
 * request that takes the exception away, or moves VMs from what is covered to what is not, leaves them without one. Exceptions
 * without a bound count, as what is asked is whether somebody approved this before.
 */
export function findsCoverLost(
  request: Pick<AdmissionRequest, 'operation'>,
  scope: Pick<Scope, 'kind'>,
  states: States,
  context: DecisionContext,
): (violation: Violation, olds: readonly Violation[]) => boolean {
  const sourcesOf = sources(request, scope, states, context)
  return (violation, olds) =>
    olds.some(old =>
      sourcesOf(old).some(
        source =>
          covers(source, source.before, old, []) &&
          !covers(source, source.after, violation, states.unapproved),
      ),
    )
}

function sources(
  { operation }: Pick<AdmissionRequest, 'operation'>,
  { kind }: Pick<Scope, 'kind'>,
  { exceptions, oldExceptions, situation }: States,
  context: DecisionContext,
): (old: Violation) => readonly Source[] {
  const { facts } = context
  const isHyperConverged = kind === 'HyperConverged'
  const own: Source = {
    before: oldExceptions,
    after: operation === 'DELETE' ? exceptions.filter(isBound) : exceptions,
    isHyperConverged,
    policy: null,
  }
  const standing = (texts: Readonly<Record<string, string>>, { rule }: Violation) => {
    const entries = readStanding(texts[EXCEPTION_PREFIX + rule], rule, context)
    return { before: entries, after: entries }
  }
  return old => {
    const found = [own]
    if (!isHyperConverged)
      found.push({
        ...standing(annotationsOf(facts.hyperConverged), old),
        isHyperConverged: true,
        policy: null,
      })
    const policy = policyOf(old)
    const carrier = facts.migrationPolicies.find(({ name }) => name === policy)
    if (carrier && carrier.name !== situation.subjectPolicy)
      found.push({
        ...standing(carrier.exceptions, old),
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

function covers(
  { isHyperConverged, policy }: Source,
  entries: readonly ExceptionEntry[],
  violation: Violation,
  unapproved: States['unapproved'],
): boolean {
  if (policy !== null && policyOf(violation) !== policy) return false
  if (excuseFor(violation, entries, unapproved, () => true) !== null) return true
  const { coveredWith } = violation
  if (!isHyperConverged || coveredWith === undefined) return false
  const underlying = { ...violation, bound: coveredWith, otherBounds: [] }
  return excuseFor(underlying, entries, unapproved, () => true) !== null
}
