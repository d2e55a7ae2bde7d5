import type { ReviewVersion } from '../../core/admission-review.ts'

/** What an answer must repeat of a review. */
export type Envelope = { readonly apiVersion: ReviewVersion; readonly uid: string | null }

// kube-apiserver writes kind, apiVersion and request with uid as its first member (k8s.io/api/admission/v1 types.go). Only
// that place is trusted: any other "uid" may be the one of an object or of a user.
const UID =
  /"request"\s{0,64}:\s{0,64}\{\s{0,64}"uid"\s{0,64}:\s{0,64}"([\x20\x21\x23-\x5b\x5d-\x7e]{1,128})"/
const V1BETA1 = /"apiVersion"\s{0,64}:\s{0,64}"admission\.k8s\.io\/v1beta1"/
const REACH = 4096

/** Finds uid and version at the beginning of a review that cannot be read as a whole. */
export function recoverEnvelope(bytes: Buffer): Envelope {
  const text = bytes.toString('latin1', 0, REACH)
  const uid = UID.exec(text)
  const before = text.slice(0, uid?.index ?? REACH)
  return {
    apiVersion: V1BETA1.test(before) ? 'admission.k8s.io/v1beta1' : 'admission.k8s.io/v1',
    uid: uid?.[1] ?? null,
  }
}
