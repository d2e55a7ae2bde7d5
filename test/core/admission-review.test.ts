import t from 'tap'
import { parseAdmissionReview } from '../../src/core/admission-review.ts'
import { recordedReview } from '../support/decide.ts'

type Json = Record<string, unknown>
const recorded = (name = '1.20-v1/edit-bandwidth') =>
  recordedReview(name) as { request: Json } & Json

/** A recorded review with some members of the request changed; undefined removes one. */
function withRequest(changes: Json, name?: string): Json {
  const review = recorded(name)
  const request = Object.fromEntries(
    Object.entries({ ...review.request, ...changes }).filter(([, value]) => value !== undefined),
  )
  return { ...review, request }
}
const problem = (value: unknown) => parseAdmissionReview(value).failure?.message

t.test('a recorded review is read whole', t => {
  const review = recorded('1.17-v1beta1/operator-update')
  const { apiVersion, uid, request, failure } = parseAdmissionReview(review)
  t.equal(failure, null)
  t.equal(apiVersion, 'admission.k8s.io/v1')
  t.equal(uid, review.request.uid)
  t.same(request?.object, review.request.object)
  t.same(request?.oldObject, review.request.oldObject)
  t.match(request, {
    kind: { group: 'hco.kubevirt.io', version: 'v1beta1', kind: 'HyperConverged' },
    operation: 'UPDATE',
    name: 'kubevirt-hyperconverged',
    namespace: 'openshift-cnv',
    subResource: '',
    dryRun: false,
    fieldManager: 'kubectl-replace',
    userInfo: {
      username: 'system:serviceaccount:openshift-cnv:hyperconverged-cluster-operator',
    },
  })
  t.end()
})

t.test('what may be missing is empty', t => {
  const { request } = parseAdmissionReview({
    apiVersion: 'admission.k8s.io/v1beta1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { version: 'v1', kind: 'HyperConverged' },
      operation: 'CREATE',
      object: { metadata: { name: 'generated' } },
      userInfo: { username: '' },
    },
  })
  t.match(request, {
    kind: { group: '' },
    name: 'generated',
    namespace: '',
    subResource: '',
    fieldManager: '',
    dryRun: false,
    oldObject: null,
    userInfo: { username: '', uid: '', groups: [] },
  })
  t.same(Object.keys(request?.userInfo.extra ?? {}), [])
  t.end()
})

t.test('it answers in the version in which it is asked', t => {
  const version = (apiVersion: unknown) =>
    parseAdmissionReview({ ...recorded(), apiVersion }).apiVersion
  t.equal(version('admission.k8s.io/v1'), 'admission.k8s.io/v1')
  t.equal(version('admission.k8s.io/v1beta1'), 'admission.k8s.io/v1beta1')
  t.equal(version('admission.k8s.io/v2'), 'admission.k8s.io/v1', 'in v1 where that is unknown')
  t.end()
})

t.test('what is no review is refused with a sentence that names the member', t => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [undefined, /the body is nothing/],
    [null, /the body is null/],
    [[], /the body is \[\]/],
    ['x', /the body is "x"/],
    [7, /the body is 7/],
    [{}, /kind is nothing/],
    [{ ...recorded(), kind: 'Review' }, /kind is "Review"/],
    [{ ...recorded(), kind: ['AdmissionReview'] }, /kind is \["AdmissionReview"\]/],
    [{ ...recorded(), apiVersion: 'v1' }, /apiVersion is "v1"/],
    [{ ...recorded(), apiVersion: 1 }, /apiVersion is 1/],
    [{ ...recorded(), request: undefined }, /request is nothing/],
    [{ ...recorded(), request: [] }, /request is \[\]/],
    [withRequest({ uid: undefined }), /request\.uid is missing/],
    [withRequest({ uid: '' }), /request\.uid is missing/],
    [withRequest({ uid: 7 }), /request\.uid is missing/],
    [withRequest({ operation: 'PATCH' }), /request\.operation is "PATCH"/],
    [withRequest({ operation: undefined }), /request\.operation is nothing/],
    [withRequest({ operation: ['UPDATE'] }), /request\.operation is/],
    [withRequest({ kind: undefined }), /request\.kind\.version is nothing/],
    [withRequest({ kind: { version: 'v1' } }), /request\.kind\.kind is nothing/],
    [withRequest({ kind: { version: 1, kind: 'X' } }), /request\.kind\.version is 1/],
    [withRequest({ object: [] }), /request\.object is \[\]/],
    [withRequest({ object: 'x' }), /request\.object is "x"/],
    [withRequest({ object: null }), /request\.object is missing/],
    [withRequest({ oldObject: null }), /request\.oldObject is missing/],
    [withRequest({ oldObject: 7 }), /request\.oldObject is 7/],
    [withRequest({ oldObject: undefined }, '1.20-v1/delete'), /request\.oldObject is missing/],
    [withRequest({ userInfo: undefined }), /userInfo\.username is missing/],
    [withRequest({ userInfo: { username: 7 } }), /userInfo\.username is missing/],
  ]
  for (const [value, message] of cases) {
    const parsed = parseAdmissionReview(value)
    t.match(parsed.failure?.message, message)
    t.equal(parsed.failure?.code, 400)
  }
  t.end()
})

t.test('the uid is kept whenever it can be read', t => {
  const { uid } = recorded().request
  t.equal(parseAdmissionReview({ ...recorded(), kind: 'x' }).uid, uid)
  t.equal(parseAdmissionReview({ ...recorded(), apiVersion: null }).uid, uid)
  t.equal(parseAdmissionReview(withRequest({ operation: 'x' })).uid, uid)
  t.equal(parseAdmissionReview({ request: { uid: 'only' } }).uid, 'only')
  t.equal(parseAdmissionReview([{ request: { uid: 'x' } }]).uid, null)
  t.end()
})

t.test('a DELETE needs the old object, a CONNECT none, a CREATE no old one', t => {
  t.equal(problem(recorded('1.20-v1/delete')), undefined)
  t.equal(
    problem(withRequest({ operation: 'CONNECT', object: undefined, oldObject: undefined })),
    undefined,
  )
  t.equal(problem(withRequest({ oldObject: undefined, operation: 'CREATE' })), undefined)
  t.end()
})

t.test('only own members count, and lists hold only text', t => {
  const inherited = JSON.parse(
    '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","__proto__":{"request":{"uid":"x"}}}',
  )
  t.equal(parseAdmissionReview(inherited).uid, null)
  const userInfo = {
    username: 'u',
    groups: ['a', 7, null, ['b'], 'c'],
    extra: JSON.parse('{"__proto__":["x"],"k":["v",1],"n":"text"}'),
  }
  const { request } = parseAdmissionReview(withRequest({ userInfo }))
  t.same(request?.userInfo.groups, ['a', 'c'])
  t.same(Object.entries(request?.userInfo.extra ?? {}), [
    ['__proto__', ['x']],
    ['k', ['v']],
    ['n', []],
  ])
  t.same(
    parseAdmissionReview(withRequest({ userInfo: { username: 'u', groups: 'a' } })).request
      ?.userInfo.groups,
    [],
  )
  t.end()
})

t.test('a dry run is one only where it says true', t => {
  const dryRun = (value: unknown) =>
    parseAdmissionReview(withRequest({ dryRun: value })).request?.dryRun
  t.same([true, false, 'true', 1, null, undefined].map(dryRun), [
    true,
    false,
    false,
    false,
    false,
    false,
  ])
  t.end()
})
