import { type ClusterFacts, NO_FACTS } from '../../core/facts/cluster-facts.ts'
import { type Inventory, readInventory, tellsSomething } from '../../core/facts/inventory.ts'
import { surveyCluster } from '../../core/facts/survey.ts'
import { type JsonObject, own, textAt } from '../../core/json.ts'
import type { Policy } from '../../core/policy.ts'
import { servedOne } from '../../core/settings/hyperconverged.ts'
import { NOTHING, readObjects } from '../../facts/read-facts.ts'
import type { CliIo } from '../io.ts'
import { readInputFiles } from './input-files.ts'
import type { Problem } from './report.ts'
import type { Manifest } from './sort-objects.ts'

/** Reads a file or folder of facts, such as `oc get net-attach-def,vmi,ns,migrationpolicy -A -o yaml` writes. */
export async function readFactsFrom(
  path: string,
  stdin: CliIo['stdin'],
): Promise<{ readonly inventory: Inventory } | { readonly problems: readonly Problem[] }> {
  const { files, problems } = await readInputFiles([path], stdin)
  const objects: JsonObject[] = []
  const found = [...problems]
  for (const { file, text } of files) {
    const read = readObjects(text, file)
    if ('objects' in read) for (const object of read.objects) objects.push(object)
    else found.push(...read.problems.map(problem => ({ file, ...problem })))
  }
  if (found.length > 0) return { problems: found }
  const inventory = readInventory(objects)
  if (tellsSomething(inventory)) return { inventory }
  const [only = { file: path }, ...others] = files
  const file = others.length === 0 ? only.file : path
  return { problems: [{ file, line: 0, column: 0, text: NOTHING }] }
}

/** What stands beside an object that is judged. */
export type Beside = {
  readonly policies: readonly Manifest[]
  /** Networks, VMs and whatever else tells of the cluster, but hardly all there is of their kinds. */
  readonly facts: readonly JsonObject[]
}

/** A network whose manifest names no namespace goes where a network of that name is looked for. */
export function placeNetworks(
  facts: readonly JsonObject[],
  manifests: readonly Manifest[],
): readonly JsonObject[] {
  const places = manifests
    .filter(({ kind }) => kind === 'HyperConverged')
    .map(({ namespace }) => namespace || NO_FACTS.namespace)
  const namespaces = places.length === 0 ? [NO_FACTS.namespace] : [...new Set(places)]
  return facts.flatMap(object => {
    if (object.kind !== 'NetworkAttachmentDefinition') return [object]
    if (textAt(object, ['metadata', 'namespace']) !== undefined) return [object]
    const metadata = own(object, 'metadata') as JsonObject | undefined
    return namespaces.map(namespace => ({ ...object, metadata: { ...metadata, namespace } }))
  })
}

const NOBODY = readInventory([])

/**
 * The facts under which a run is judged: those of --facts, with every MigrationPolicy of the run as if it were there
 * already, with the given HyperConverged for what concerns a MigrationPolicy, and with what else stands in the run where
 * --facts does not say otherwise.
 */
export function factsOf(
  known: Inventory | null,
  beside: Beside,
  hyperConverged: JsonObject | null,
  policy: Policy,
): ClusterFacts {
  const base = known ?? NOBODY
  const { migrationPolicies } = readInventory(beside.policies.map(({ object }) => object))
  const found = readInventory(beside.facts)
  const ofRun = hyperConverged === null ? [] : [hyperConverged]
  const inventory: Inventory = {
    namespaces: new Map([...found.namespaces, ...base.namespaces]),
    networks: both(found.networks, base.networks),
    virtualMachines: both(found.virtualMachines, base.virtualMachines),
    stock: { ...found.stock, ...base.stock },
    migrationPolicies: new Map([...base.migrationPolicies, ...migrationPolicies]),
    // That of the run stands for what will be there.
    hyperConvergeds: servedOne(ofRun, null) === null ? [...base.hyperConvergeds, ...ofRun] : ofRun,
  }
  return surveyCluster(inventory, policy, {
    source: known === null ? 'none' : 'file',
    synced: true,
    asOf: null,
    namespace: NO_FACTS.namespace,
    // A folder of manifests holds what somebody wrote, not all that a cluster has.
    some: { networks: base.networks === null, virtualMachines: base.virtualMachines === null },
  })
}

type Objects<T> = ReadonlyMap<string, T> | null

function both<T>(found: Objects<T>, known: Objects<T>): Objects<T> {
  return found === null ? known : new Map([...found, ...(known ?? [])])
}
