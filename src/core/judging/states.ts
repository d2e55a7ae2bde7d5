import type { AdmissionRequest } from '../admission-review.ts'
import { annotationsOf, DATA, word } from '../annotations.ts'
import type { DecisionContext, YamlReader } from '../decision-context.ts'
import { findUnapproved, type Unapproved } from '../exceptions/approval.ts'
import { type ExceptionEntry, readExceptions } from '../exceptions/exception.ts'
import { groupByVm } from '../facts/cluster-facts.ts'
import { findInvalidPolicyValues } from '../facts/invalid-policy-values.ts'
import { type MigrationPolicy, readMigrationPolicy } from '../facts/migration-policy.ts'
import { findProfile } from '../facts/profile.ts'
import type { JsonObject } from '../json.ts'
import { readOverride } from '../json-patch/override.ts'
import type { Policy } from '../policy.ts'
import type { Scope } from '../scope.ts'
import { fieldPath, findConfig } from '../settings/hyperconverged.ts'
import { type FieldName, readConfig } from '../settings/live-migration-config.ts'
import { type Situation, type Subject, subjectsOf } from './subject.ts'

/** The readings before and after a request, with the exceptions of both. */
export type States = {
  readonly situation: Situation
  readonly after: readonly Subject[]
  readonly before: readonly Subject[]
  readonly exceptions: readonly ExceptionEntry[]
  readonly oldExceptions: readonly ExceptionEntry[]
  readonly unapproved: readonly Unapproved[]
}

/** Builds both states under the declarations, policy and facts that hold after the request. */
export function readStates(
  request: AdmissionRequest,
  scope: Scope,
  context: DecisionContext,
): States {
  const hyperConverged = scope.kind === 'HyperConverged'
  const carrier = request.object ?? request.oldObject ?? {}
  const hco = hyperConverged ? carrier : (context.facts.hyperConverged ?? {})
  const oldHco = hyperConverged ? request.oldObject : hco
  const base = findSituation(request, scope, hco, context)
  // A DELETE adds nothing: what the old object carries stands as it is.
  const old = request.operation === 'CREATE' ? null : request.oldObject
  // A text that stays is read once.
  const reading = { ...context, readYaml: onceForEach(context.readYaml) }
  const exceptions = exceptionsOf(
    carrier,
    request.operation === 'DELETE' ? carrier : old,
    request,
    reading,
  )
  const oldExceptions = exceptionsOf(old, old, request, reading)
  const unapproved = findUnapproved(request, context.approvals)
  const policies = policiesOf(request, scope, context)
  const after = { ...base, ...policies.after }
  const before = { ...base, ...policies.before }
  return {
    situation: after,
    after: readObject(after, hco, scope, { exceptions, unapproved }),
    before:
      oldHco === null
        ? []
        : readObject(before, oldHco, scope, { exceptions: oldExceptions, unapproved: [] }),
    exceptions,
    oldExceptions,
    unapproved,
  }
}

function onceForEach(readYaml: YamlReader): YamlReader {
  const results = new Map<string, () => unknown>()
  return text => {
    const known = results.get(text)
    if (known) return known()
    const result = outcomeOf(() => readYaml(text))
    results.set(text, result)
    return result()
  }
}

function outcomeOf(read: () => unknown): () => unknown {
  try {
    const value = read()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function readObject(
  situation: Situation,
  hco: JsonObject,
  scope: Scope,
  rest: Pick<Subject, 'exceptions' | 'unapproved'>,
): readonly Subject[] {
  const { path, block } = findConfig(hco)
  const override = readOverride(annotationsOf(hco), block)
  const field =
    scope.kind === 'HyperConverged'
      ? (name: FieldName | null) => fieldPath(path, name)
      : (name: FieldName | null) => (name === null ? 'spec' : `spec.${name}`)
  return subjectsOf(situation, readConfig(block), field, { override, ...rest })
}

function findSituation(
  request: AdmissionRequest,
  scope: Scope,
  hco: JsonObject,
  { policy, facts }: DecisionContext,
): Omit<Situation, keyof Policies> {
  const declarations = annotationsOf(hco)
  return {
    kind: scope.kind,
    namespace:
      scope.kind === 'HyperConverged' && request.namespace !== ''
        ? request.namespace
        : facts.namespace,
    profile: findProfile(declarations, policy, facts),
    declarations,
    criticalData: findCriticalData(declarations, policy),
    subjectPolicy: scope.kind === 'MigrationPolicy' ? request.name : null,
    policy,
    facts,
  }
}

function findCriticalData(declarations: Readonly<Record<string, string>>, policy: Policy) {
  if (word(declarations[DATA]) === 'critical') return `annotation ${DATA}: critical`
  return policy.data === 'critical' ? 'data: critical in the policy' : null
}

type Policies = Pick<Situation, 'policies' | 'critical' | 'invalidInPolicy'>

function policiesOf(
  request: AdmissionRequest,
  scope: Scope,
  { facts }: DecisionContext,
): { readonly before: Policies; readonly after: Policies } {
  if (scope.kind === 'HyperConverged') {
    const same = {
      policies: facts.migrationPolicies,
      critical: facts.criticalGroups,
      invalidInPolicy: [],
    }
    return { before: same, after: same }
  }
  const others = facts.migrationPolicies.filter(({ name }) => name !== request.name)
  const withOne = (object: JsonObject | null): Policies => {
    const policies: readonly MigrationPolicy[] =
      object === null ? others : [...others, { ...readMigrationPolicy(object), name: request.name }]
    return {
      policies,
      critical: groupByVm(facts.workloads.critical, policies),
      invalidInPolicy: findInvalidPolicyValues(object),
    }
  }
  return {
    before: withOne(request.oldObject),
    after: withOne(request.operation === 'DELETE' ? null : request.object),
  }
}

function exceptionsOf(
  carrier: JsonObject | null,
  before: JsonObject | null,
  request: AdmissionRequest,
  context: DecisionContext,
) {
  return readExceptions(annotationsOf(carrier), annotationsOf(before), {
    now: context.now,
    policy: context.policy,
    readYaml: context.readYaml,
    namespace: request.namespace || context.facts.namespace,
  })
}
