import { annotationsOf } from '../core/annotations.ts'
import type { Decision } from '../core/decision.ts'
import type { YamlReader } from '../core/decision-context.ts'
import { type PolicyException, readExceptions } from '../core/exception.ts'
import { HCO_GROUP } from '../core/hyperconverged.ts'
import { type JsonObject, textAt } from '../core/json.ts'
import type { Policy } from '../core/policy.ts'
import { CATALOGUE } from '../core/rules/catalogue.ts'

/** Keeps the HyperConverged as it was last admitted: without a cluster, nothing else tells which exceptions stand. */
export function createLastAdmitted() {
  let last: JsonObject | null = null
  return {
    observe: ({ webhook, allowed, request }: Decision): void => {
      if (webhook === 'mutate' || !allowed || request === null || request.dryRun) return
      if (request.kind.group === HCO_GROUP) last = request.object
    },
    get: () => last,
  }
}

/** The exceptions on a HyperConverged that can be honoured now. */
export function standingExceptions(
  hyperConverged: JsonObject | null,
  policy: Policy,
  now: number,
  readYaml: YamlReader,
): readonly PolicyException[] {
  if (hyperConverged === null) return []
  const annotations = annotationsOf(hyperConverged)
  const namespace = textAt(hyperConverged, ['metadata', 'namespace']) ?? ''
  const isWaivable = (rule: keyof typeof CATALOGUE) => CATALOGUE[rule].waivable
  return readExceptions(annotations, annotations, { now, policy, readYaml, namespace, isWaivable })
    .filter(({ problem }) => problem === null)
    .flatMap(({ exception }) => exception ?? [])
}
