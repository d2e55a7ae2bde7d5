import { isObject, type JsonObject, own, show, textAt } from './json.ts'

/** What is done to the object. */
export type AdmissionOperation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
/** The versions of AdmissionReview that are answered. */
export type ReviewVersion = 'admission.k8s.io/v1' | 'admission.k8s.io/v1beta1'
/** Which API and version the object is of. */
export type GroupVersionKind = {
  readonly group: string
  readonly version: string
  readonly kind: string
}
/** The author of a request, as the API server has authenticated it. */
export type UserInfo = {
  readonly username: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

/** The part of an AdmissionRequest that is judged (k8s.io/api/admission/v1 types.go). */
export type AdmissionRequest = {
  readonly uid: string
  readonly kind: GroupVersionKind
  readonly operation: AdmissionOperation
  readonly name: string
  readonly namespace: string
  readonly subResource: string
  readonly userInfo: UserInfo
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly object: JsonObject | null
  readonly oldObject: JsonObject | null
}

/** Why an answer could not be a judgement: the HTTP-like code and a sentence that names the field. */
export type Failure = { readonly code: 400 | 413 | 415 | 500 | 503; readonly message: string }

/** An AdmissionReview that was read: its request, or why it holds none. */
export type ParsedReview = {
  readonly apiVersion: ReviewVersion
  readonly uid: string | null
} & (
  | { readonly request: AdmissionRequest; readonly failure: null }
  | { readonly request: null; readonly failure: Failure }
)

const OPERATIONS: readonly unknown[] = ['CREATE', 'UPDATE', 'DELETE', 'CONNECT']

/** Reads an AdmissionReview from any JSON value; never throws, and keeps the uid whenever it can be read. */
export function parseAdmissionReview(value: unknown): ParsedReview {
  const stated = textAt(value, ['apiVersion'])
  const apiVersion = stated === 'admission.k8s.io/v1beta1' ? stated : 'admission.k8s.io/v1'
  const uidText = textAt(value, ['request', 'uid'])
  const uid = uidText === undefined || uidText === '' ? null : uidText
  const wrong = findProblem(value, stated, uid)
  if (wrong !== undefined || uid === null)
    return { apiVersion, uid, request: null, failure: { code: 400, message: wrong ?? NO_UID } }
  return {
    apiVersion,
    uid,
    request: readRequest(own(value, 'request') as JsonObject, uid),
    failure: null,
  }
}

const NO_UID = 'request.uid is missing: an AdmissionReview without it cannot be answered'

// The first thing that makes the value other than an AdmissionReview request, in the order a reader would check.
function findProblem(value: unknown, apiVersion: string | undefined, uid: string | null) {
  if (!isObject(value)) return `the body is ${show(value)}, not an AdmissionReview object`
  const kind = own(value, 'kind')
  if (kind !== 'AdmissionReview') return `kind is ${show(kind)}; expected "AdmissionReview"`
  if (apiVersion !== 'admission.k8s.io/v1' && apiVersion !== 'admission.k8s.io/v1beta1')
    return `apiVersion is ${show(own(value, 'apiVersion'))}; expected "admission.k8s.io/v1" or "admission.k8s.io/v1beta1"`
  const request = own(value, 'request')
  if (!isObject(request)) return `request is ${show(request)}, not an object`
  if (uid === null) return NO_UID
  return findRequestProblem(request)
}

function findRequestProblem(request: JsonObject) {
  const operation = own(request, 'operation')
  if (!OPERATIONS.includes(operation))
    return `request.operation is ${show(operation)}; expected CREATE, UPDATE, DELETE or CONNECT`
  const kind = own(request, 'kind')
  for (const part of ['version', 'kind'])
    if (typeof own(kind, part) !== 'string')
      return `request.kind.${part} is ${show(own(kind, part))}, not text`
  for (const name of ['object', 'oldObject']) {
    const object = own(request, name)
    if (object !== undefined && object !== null && !isObject(object))
      return `request.${name} is ${show(object)}, not an object`
  }
  const carrier = operation === 'DELETE' ? 'oldObject' : 'object'
  if (operation !== 'CONNECT' && !isObject(own(request, carrier)))
    return `request.${carrier} is missing: ${String(operation)} cannot be judged without it`
  if (operation === 'UPDATE' && !isObject(own(request, 'oldObject')))
    return 'request.oldObject is missing: UPDATE cannot be judged without it'
  const username = textAt(request, ['userInfo', 'username'])
  if (username === undefined)
    return 'request.userInfo.username is missing: the request has no author'
  return undefined
}

function readRequest(request: JsonObject, uid: string): AdmissionRequest {
  const user = own(request, 'userInfo')
  const text = (path: readonly string[]) => textAt(request, path) ?? ''
  return {
    uid,
    kind: {
      group: text(['kind', 'group']),
      kind: text(['kind', 'kind']),
      version: text(['kind', 'version']),
    },
    operation: own(request, 'operation') as AdmissionOperation,
    // A CREATE with generateName has none, and neither has each DELETE of a collection (k8s.io/apiserver
    // pkg/endpoints/handlers/delete.go, DeleteCollection).
    name:
      text(['name']) ||
      text(['object', 'metadata', 'name']) ||
      text(['oldObject', 'metadata', 'name']),
    namespace: text(['namespace']),
    subResource: text(['subResource']),
    userInfo: {
      extra: readExtra(own(user, 'extra')),
      groups: textList(own(user, 'groups')),
      uid: text(['userInfo', 'uid']),
      username: text(['userInfo', 'username']),
    },
    dryRun: own(request, 'dryRun') === true,
    fieldManager: text(['options', 'fieldManager']),
    object: (own(request, 'object') as JsonObject | undefined) ?? null,
    oldObject: (own(request, 'oldObject') as JsonObject | undefined) ?? null,
  }
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : []
}

function readExtra(value: unknown): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = Object.create(null)
  if (isObject(value)) for (const [key, list] of Object.entries(value)) extra[key] = textList(list)
  return extra
}
