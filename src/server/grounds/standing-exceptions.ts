import { annotationsOf, EXCEPTION_PREFIX } from '../../core/annotations.ts'
import type { DecisionContext } from '../../core/decision-context.ts'
import type { PolicyException } from '../../core/exceptions/exception.ts'
import { standingException } from '../../core/exceptions/policy-exceptions.ts'
import type { ClusterFacts } from '../../core/facts/cluster-facts.ts'
import type { JsonObject } from '../../core/json.ts'

/** The exceptions on the HyperConverged and on MigrationPolicies that can be honoured now. */
export function standingExceptions(
  hyperConverged: JsonObject | null,
  { migrationPolicies, namespace }: Pick<ClusterFacts, 'migrationPolicies' | 'namespace'>,
  { now, policy, readYaml }: Pick<DecisionContext, 'now' | 'policy' | 'readYaml'>,
): readonly PolicyException[] {
  const terms = { now, policy, readYaml, namespace }
  const carriers = [
    annotationsOf(hyperConverged),
    ...migrationPolicies.map(each => each.exceptions),
  ]
  const entries = carriers.flatMap(texts =>
    Object.keys(texts)
      .filter(key => key.startsWith(EXCEPTION_PREFIX))
      .flatMap(key => standingException(texts, key, terms)),
  )
  return entries
    .filter(({ problem }) => problem === null)
    .flatMap(({ exception }) => exception ?? [])
}
