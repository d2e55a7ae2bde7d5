// What filling makes of an object.
import jsonpatch from 'fast-json-patch'
import type { AdmissionRequest } from '../../src/core/admission-review.ts'
import { type Decision, decide } from '../../src/core/decision.ts'
import type { DecisionContext } from '../../src/core/decision-context.ts'
import type { JsonObject } from '../../src/core/json.ts'
import { contextOf } from './decide.ts'
import { factsOf, requestOf, type Values, vmi } from './review.ts'

export const FILLED = 'migration-guard.io/filled'
export const PINNED = 'migration-guard.io/pinned'
/** Heavy workloads, as the annotation declares them. */
export const DECLARED = { 'migration-guard.io/workload-profile': 'heavy' }
/** Heavy workloads, as the running VMs show them. */
export const HEAVY = { facts: factsOf([vmi('big', { 'migration-guard.io/workload': 'heavy' })]) }

/** The decision at /mutate, on CREATE where there is no old object. */
export function mutated(
  object: JsonObject,
  old: JsonObject | null = null,
  context: Partial<DecisionContext> = {},
  request: Partial<AdmissionRequest> = {},
): Decision {
  const asked = requestOf(old === null ? 'CREATE' : 'UPDATE', object, old, request)
  return decide('mutate', asked, contextOf(context))
}

/** The object as the API server stores it after the patch of this decision. */
export function patched(object: JsonObject, { patch }: Decision): JsonObject {
  const copy = jsonpatch.deepClone(object)
  return jsonpatch.applyPatch(copy, patch as never, true).newDocument
}

/** The fields that were filled, with their values. */
export function filledBy({ filled }: Pick<Decision, 'filled'>): Values {
  return Object.fromEntries(filled.map(({ name, value }) => [name, value]))
}
