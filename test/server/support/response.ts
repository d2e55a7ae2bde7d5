/** The part of an AdmissionReview's response that tests look at. */
export type Response = {
  readonly uid: string
  readonly allowed: boolean
  readonly status?: { readonly code: number; readonly message: string; readonly reason: string }
  readonly warnings?: readonly string[]
  readonly patch?: string
  readonly auditAnnotations: Readonly<Record<string, string>>
}

/** The response in the text of an AdmissionReview, with the version it is in. */
export function responseIn(text: string): Response & { readonly apiVersion: string } {
  const { apiVersion, kind, response } = JSON.parse(text)
  if (kind !== 'AdmissionReview') throw new Error(`not an AdmissionReview: ${text.slice(0, 200)}`)
  return { apiVersion, ...response }
}
