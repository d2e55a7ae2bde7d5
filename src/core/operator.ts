import type { AdmissionRequest } from './admission-review.ts'
import type { Policy } from './policy.ts'

const POD_NAME = 'authentication.kubernetes.io/pod-name'

/** True for HCO's own service account, whether or not its pod can be proved. */
export function isOperatorAccount(request: AdmissionRequest, { operator }: Policy): boolean {
  return (
    request.namespace !== '' &&
    request.userInfo.username ===
      `system:serviceaccount:${request.namespace}:${operator.serviceAccount}`
  )
}

/** True for HCO's operator pod: the account with a token bound to a pod, which an impersonator does not have. */
export function isOperatorPod(request: AdmissionRequest, policy: Policy): boolean {
  return isOperatorAccount(request, policy) && Object.hasOwn(request.userInfo.extra, POD_NAME)
}
