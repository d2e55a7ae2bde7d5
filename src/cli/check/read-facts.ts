import { type ClusterFacts, NO_FACTS } from '../../core/cluster-facts.ts'
import { HCO_NAME } from '../../core/hyperconverged.ts'
import { type Inventory, readInventory } from '../../core/inventory.ts'
import { type JsonObject, textAt } from '../../core/json.ts'
import type { Policy } from '../../core/policy.ts'
import { surveyCluster } from '../../core/survey.ts'
import { readFacts } from '../../facts/read-facts.ts'
import type { CliIo } from '../io.ts'
import { readInputFile } from './input-files.ts'
import type { Problem } from './report.ts'
import type { Manifest } from './sort-objects.ts'

/** Reads the objects of a facts file, such as `oc get net-attach-def,vmi,ns,migrationpolicy -A -o yaml` writes. */
export async function readFactsFile(
  name: string,
  stdin: CliIo['stdin'],
): Promise<{ readonly inventory: Inventory } | { readonly problems: readonly Problem[] }> {
  const input = await readInputFile(name, stdin)
  if ('problem' in input) return { problems: [input.problem] }
  const { file, text } = input
  const read = readFacts(text, file)
  if ('inventory' in read) return read
  return { problems: read.problems.map(problem => ({ file, ...problem })) }
}

const NOTHING = readInventory([])

/**
 * The facts under which a run is judged: the facts file, with every MigrationPolicy of the run as if it were there
 * already, and with the given HyperConverged for what concerns a MigrationPolicy.
 */
export function factsOf(
  known: Inventory | null,
  policies: readonly Manifest[],
  hyperConverged: JsonObject | null,
  policy: Policy,
): ClusterFacts {
  const base = known ?? NOTHING
  const { migrationPolicies } = readInventory(policies.map(({ object }) => object))
  const inventory = {
    ...base,
    migrationPolicies: new Map([...base.migrationPolicies, ...migrationPolicies]),
    hyperConverged: servedOne(base.hyperConverged, hyperConverged),
  }
  return surveyCluster(inventory, policy, {
    source: known === null ? 'none' : 'file',
    synced: true,
    asOf: null,
    namespace: NO_FACTS.namespace,
  })
}

// That of the run stands for what will be there; one that HCO does not serve does not replace the one that it does.
function servedOne(known: JsonObject | null, given: JsonObject | null): JsonObject | null {
  if (given === null || known === null) return given ?? known
  return textAt(given, ['metadata', 'name']) === HCO_NAME ? given : known
}
