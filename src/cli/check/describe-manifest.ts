import { own } from '../../core/json.ts'
import { describe } from './describe.ts'
import type { JudgeContext, Judged } from './judge.ts'
import { manifestNotes } from './manifest-notes.ts'
import type { CheckedObject } from './report.ts'
import type { Manifest } from './sort-objects.ts'

/** What was decided of a manifest, with what only its author can know: what the API server would drop. */
export function describeManifest(
  manifest: Manifest,
  judged: Judged,
  context: JudgeContext,
): CheckedObject {
  const { group, version, kind, namespace, name } = manifest
  const { request } = judged.decision
  const identified = {
    source: 'manifest',
    apiVersion: `${group}/${version}`,
    kind,
    namespace,
    name,
    operation: request?.operation ?? 'CREATE',
    user: request?.userInfo.username ?? '',
  } as const
  const described = describe(manifest, [], identified, judged, context)
  // The status is that of the old object, and says which version is running.
  const object = { ...manifest.object, status: own(request?.object, 'status') }
  const notes = manifestNotes({ ...manifest, object }, context)
  return { ...described, notes: [...notes, ...described.notes] }
}
