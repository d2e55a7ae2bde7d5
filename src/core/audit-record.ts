import { guardedAnnotations } from './annotations.ts'
import type { Decision } from './conclude.ts'
import type { DecisionContext } from './decision-context.ts'
import { type JsonObject, own, textAt } from './json.ts'
import type { Finding } from './judging/finding.ts'
import { blockElsewhere, findConfig, HCO_GROUP } from './settings/hyperconverged.ts'

// Inner objects have their members in the order of the alphabet, which is the order of the log: what is in order is not sorted.

/** The audit record of a decision: who asked for what, what was decided and on what grounds. docs/audit.md lists the members. */
export function toAuditRecord(
  decision: Decision,
  { now, approvals }: Pick<DecisionContext, 'now' | 'approvals'>,
): JsonObject {
  const { request, webhook, uid, outcome, allowed, code, failure, profile } = decision
  return {
    type: 'decision',
    time: new Date(now).toISOString(),
    webhook,
    uid,
    ...(request === null
      ? {}
      : {
          operation: request.operation,
          kind: request.kind,
          namespace: request.namespace,
          name: request.name,
          fieldManager: request.fieldManager,
          user: request.userInfo,
          ...(request.subResource === '' ? {} : { subResource: request.subResource }),
          before: guardedState(request.oldObject, request.kind.group),
          after: guardedState(request.object, request.kind.group),
        }),
    approvals: Object.fromEntries(approvals),
    outcome,
    allowed,
    code,
    failure: failure?.message ?? null,
    profile: profile && { examples: profile.examples, name: profile.name, source: profile.source },
    findings: decision.findings.map(toFindingRecord),
    filled: Object.fromEntries(decision.filled.map(({ name, value }) => [name, value])),
    ...(decision.evidence === null ? {} : { evidence: decision.evidence }),
  }
}

function toFindingRecord({ change, effect, enforcement, exception, field, rule, value }: Finding) {
  return { change, effect, enforcement, exception, field, rule, value: value ?? null }
}

/**
 * The part of an object that is guarded: all that was decided about, without the rest of the cluster's settings. What hardly
 * any object has is a member only where it is there.
 */
function guardedState(object: JsonObject | null, group: string): JsonObject | null {
  if (object === null) return null
  const deletionTimestamp = textAt(object, ['metadata', 'deletionTimestamp'])
  return {
    annotations: { ...guardedAnnotations(object) },
    apiVersion: own(object, 'apiVersion') ?? null,
    ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
    ...(group === HCO_GROUP ? blockState(object) : { settings: own(object, 'spec') ?? null }),
  }
}

function blockState(object: JsonObject): JsonObject {
  const { path, block, knownVersion } = findConfig(object)
  const elsewhere = blockElsewhere(object)
  return {
    ...(elsewhere === null ? {} : { elsewhere }),
    // Of a version that is known, the settings have one place.
    ...(knownVersion ? {} : { path: path.join('.') }),
    settings: block ?? null,
  }
}
