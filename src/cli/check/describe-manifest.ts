import { own } from '../../core/json.ts'
import { findConfig } from '../../core/settings/hyperconverged.ts'
import { readConfig } from '../../core/settings/live-migration-config.ts'
import { isPostCopyEffective, POST_COPY_SWITCHES } from '../../core/settings/post-copy.ts'
import { describe } from './describe.ts'
import type { JudgeContext, Judged } from './judge-request.ts'
import { manifestNotes } from './manifest-notes.ts'
import { ONLY_WITH_FACTS } from './offline-advice.ts'
import type { CheckedObject, CheckNote } from './report.ts'
import type { Manifest } from './sort-objects.ts'

/** What was decided of a manifest, with what only a check can say: what never reaches a webhook, what is not known here. */
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
  const notes = [
    ...manifestNotes({ ...manifest, object }, context),
    ...described.notes,
    ...blindSpots(described, judged, context),
  ]
  return { ...described, notes }
}

// Silence about post copy must not be taken for "it is safe here" where nothing is known of networks and VMs.
function blindSpots(
  { kind, place }: CheckedObject,
  { filling, decision }: Judged,
  { facts }: JudgeContext,
): readonly CheckNote[] {
  if (kind !== 'HyperConverged' || facts.source !== 'none') return []
  const { settings } = readConfig(findConfig(decision.request?.object ?? {}).block)
  if (!isPostCopyEffective(settings)) return []
  const isFilled = filling.filled.some(({ name }) => POST_COPY_SWITCHES.includes(name))
  const lead = isFilled ? 'post copy is filled in only where it endangers no VM' : 'post copy is on'
  const text = `${lead}; ${ONLY_WITH_FACTS}`
  return [{ level: 'info', place, text }]
}
