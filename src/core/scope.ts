import type { AdmissionRequest } from './admission-review.ts'
import { guardedAnnotations, JSON_PATCH } from './annotations.ts'
import { at, type JsonObject, own, sameJson } from './json.ts'
import { allBlocks, HCO_GROUP } from './settings/hyperconverged.ts'

/** The API group of MigrationPolicy. */
export const MIGRATIONS_GROUP = 'migrations.kubevirt.io'

/** What of a request is judged. */
export type Scope = {
  readonly kind: 'HyperConverged' | 'MigrationPolicy'
  /** True where it is always allowed and never patched: deletion of a HyperConverged, objects being deleted, subresources. */
  readonly exempt: boolean
  readonly settingsChanged: boolean
  readonly annotationsChanged: boolean
}

/** Tells what a request changes, or why it is not judged at all. */
export function findScope(request: AdmissionRequest): Scope | string {
  const { kind, operation, object, oldObject } = request
  if (kind.group === MIGRATIONS_GROUP && kind.kind === 'MigrationPolicy')
    return policyScope(request)
  if (kind.group !== HCO_GROUP || kind.kind !== 'HyperConverged')
    return `request.kind is ${kind.group}/${kind.version} ${kind.kind}; only HyperConverged (${HCO_GROUP}) and MigrationPolicy (${MIGRATIONS_GROUP}) are judged here`
  const exempt =
    operation === 'DELETE' ||
    operation === 'CONNECT' ||
    request.subResource !== '' ||
    isBeingDeleted(request)
  const common = { kind: 'HyperConverged', exempt } as const
  if (operation !== 'UPDATE' || object === null || oldObject === null)
    return { ...common, settingsChanged: !exempt, annotationsChanged: !exempt }
  return {
    ...common,
    settingsChanged: !exempt && !sameJson(allBlocks(object), allBlocks(oldObject)),
    annotationsChanged:
      !exempt && !sameJson(guardedAnnotations(object), guardedAnnotations(oldObject)),
  }
}

/** True where filling is due: on CREATE, or when any part of spec or an annotation of ours changes. */
export function isFillingDue({ operation, object, oldObject }: AdmissionRequest): boolean {
  if (operation === 'CREATE') return true
  return (
    operation === 'UPDATE' &&
    (!sameJson(own(object, 'spec'), own(oldObject, 'spec')) ||
      !sameJson(ownAnnotations(object), ownAnnotations(oldObject)))
  )
}

// The jsonpatch annotation is HCO's: it is guarded, but nothing is filled because of it.
function ownAnnotations(object: JsonObject | null) {
  const { [JSON_PATCH]: _, ...rest } = guardedAnnotations(object)
  return rest
}

// Only what is stored says so: a deletionTimestamp that a client writes into its update is not one.
function isBeingDeleted({ oldObject }: AdmissionRequest): boolean {
  const time = at(oldObject, ['metadata', 'deletionTimestamp'])
  return typeof time === 'string' && time !== ''
}

function policyScope(request: AdmissionRequest): Scope {
  const { operation, object, oldObject } = request
  const exempt = operation === 'CONNECT' || request.subResource !== ''
  const specChanged =
    operation !== 'UPDATE' || !sameJson(own(object, 'spec') ?? null, own(oldObject, 'spec') ?? null)
  return {
    kind: 'MigrationPolicy',
    exempt,
    settingsChanged: !exempt && specChanged,
    annotationsChanged:
      !exempt &&
      operation !== 'DELETE' &&
      !sameJson(guardedAnnotations(object), guardedAnnotations(oldObject)),
  }
}
