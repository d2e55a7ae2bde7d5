import type { Decision } from '../../core/decision.ts'
import type { JsonObject } from '../../core/json.ts'
import { HCO_GROUP } from '../../core/settings/hyperconverged.ts'

/** The HyperConverged as it was last admitted: without a cluster, nothing else tells which exceptions stand. */
export type LastAdmitted = {
  readonly observe: (decision: Decision) => void
  readonly get: () => JsonObject | null
}

/** Remembers nothing yet. */
export function createLastAdmitted(): LastAdmitted {
  let last: JsonObject | null = null
  return {
    observe: ({ webhook, allowed, request }) => {
      if (webhook === 'mutate' || !allowed || request === null || request.dryRun) return
      if (request.kind.group === HCO_GROUP) last = request.object
    },
    get: () => last,
  }
}
