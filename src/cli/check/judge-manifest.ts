import type { AdmissionRequest } from '../../core/admission-review.ts'
import { type JsonObject, own } from '../../core/json.ts'
import { stockFor } from '../../core/settings/stock-defaults.ts'
import { asApplied } from './as-applied.ts'
import { type JudgeContext, type Judged, judgeRequest } from './judge-request.ts'
import type { Manifest } from './sort-objects.ts'

/** Judges a manifest as the cluster would when it is applied: as CREATE, or as UPDATE of the old object. */
export function judgeManifest(
  manifest: Manifest,
  old: JsonObject | null,
  user: string,
  context: JudgeContext,
): Promise<Judged> {
  const { group, version, kind, name, namespace } = manifest
  // What HCO reports of itself stays with the object whatever is applied, and tells whose defaults hold.
  const status = own(old, 'status')
  const written = status === undefined ? manifest.object : { ...manifest.object, status }
  const complete = (object: JsonObject) => {
    if (kind !== 'HyperConverged') return object
    return asApplied(object, stockFor(written, context.facts.stock, context.policy.hcoVersion))
  }
  const request: AdmissionRequest = {
    uid: 'check',
    kind: { group, version, kind },
    operation: old === null ? 'CREATE' : 'UPDATE',
    name,
    namespace,
    subResource: '',
    userInfo: { username: user, uid: '', groups: [], extra: {} },
    dryRun: false,
    fieldManager: '',
    object: complete(written),
    oldObject: old === null ? null : complete(old),
  }
  return judgeRequest(request, context)
}
