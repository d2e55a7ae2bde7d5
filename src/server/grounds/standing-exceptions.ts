import { annotationsOf } from '../../core/annotations.ts'
import type { DecisionContext } from '../../core/decision-context.ts'
import { type PolicyException, readExceptions } from '../../core/exceptions/exception.ts'
import type { ClusterFacts } from '../../core/facts/cluster-facts.ts'
import type { JsonObject } from '../../core/json.ts'
import { CATALOGUE } from '../../core/rules/catalogue.ts'

/** The exceptions on the HyperConverged and on MigrationPolicies that can be honoured now. */
export function standingExceptions(
  hyperConverged: JsonObject | null,
  { migrationPolicies, namespace }: Pick<ClusterFacts, 'migrationPolicies' | 'namespace'>,
  terms: Pick<DecisionContext, 'now' | 'policy' | 'readYaml'>,
): readonly PolicyException[] {
  const isWaivable = (rule: keyof typeof CATALOGUE) => CATALOGUE[rule].waivable
  const carriers = [annotationsOf(hyperConverged), ...migrationPolicies.map(one => one.exceptions)]
  return carriers
    .flatMap(texts => readExceptions(texts, texts, { ...terms, namespace, isWaivable }))
    .filter(({ problem }) => problem === null)
    .flatMap(({ exception }) => exception ?? [])
}
