import { annotationsOf } from '../../core/annotations.ts'
import type { DecisionContext } from '../../core/decision-context.ts'
import { type PolicyException, readExceptions } from '../../core/exceptions/exception.ts'
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
  const texts = annotationsOf(hyperConverged)
  const onPolicies = migrationPolicies.flatMap(each =>
    Object.keys(each.exceptions).map(key => standingException(each, key, terms)),
  )
  return [...readExceptions(texts, texts, terms), ...onPolicies]
    .filter(entry => entry?.problem === null)
    .flatMap(entry => entry?.exception ?? [])
}
