import { type ClusterFacts, NO_FACTS } from '../../core/cluster-facts.ts'
import { type Inventory, readInventory } from '../../core/inventory.ts'
import { isObject, type JsonObject } from '../../core/json.ts'
import type { Policy } from '../../core/policy.ts'
import { surveyCluster } from '../../core/survey.ts'
import type { CliIo } from '../io.ts'
import { readInputFile } from './input-files.ts'
import type { Problem } from './report.ts'
import { type Manifest, readDocuments } from './sort-objects.ts'

/** What is known of the cluster besides the manifests of a run: the Kubernetes objects of --facts. */
export type FactsObjects = readonly JsonObject[]

/** Reads the objects of a facts file, such as `oc get net-attach-def,vmi,ns,migrationpolicy -A -o yaml` writes. */
export async function readFactsObjects(
  name: string,
  stdin: CliIo['stdin'],
): Promise<{ readonly objects: FactsObjects; readonly problems: readonly Problem[] }> {
  const read = await readInputFile(name, stdin)
  if ('problem' in read) return { objects: [], problems: [read.problem] }
  const { documents, problems } = readDocuments([read])
  // Lists stay whole: an empty one of NetworkAttachmentDefinitions says that there are none.
  const objects = documents.map(({ document }) => document.value).filter(isObject)
  if (problems.length > 0 || tellsSomething(readInventory(objects))) return { objects, problems }
  return { objects, problems: [{ file: read.file, line: 0, column: 0, text: NOTHING }] }
}

const NOTHING =
  'nothing here is a fact: expected Kubernetes objects such as NetworkAttachmentDefinition, VirtualMachineInstance, Namespace or MigrationPolicy'

function tellsSomething(inventory: Inventory): boolean {
  const { namespaces, virtualMachines, networks, migrationPolicies, hyperConverged, stock } =
    inventory
  return (
    namespaces.size + migrationPolicies.size + Object.keys(stock).length > 0 ||
    virtualMachines !== null ||
    networks !== null ||
    hyperConverged !== null
  )
}

/**
 * The facts under which a run is judged: the facts file, with every MigrationPolicy of the run as if it were there
 * already, and with the given HyperConverged for what concerns a MigrationPolicy.
 */
export function factsOf(
  objects: FactsObjects,
  policies: readonly Manifest[],
  hyperConverged: JsonObject | null,
  policy: Policy,
): ClusterFacts {
  const all = [...objects, ...policies.map(({ object }) => object)]
  const inventory = readInventory(hyperConverged === null ? all : [...all, hyperConverged])
  return surveyCluster(inventory, policy, {
    source: objects.length > 0 ? 'file' : 'none',
    synced: true,
    asOf: null,
    namespace: NO_FACTS.namespace,
  })
}
