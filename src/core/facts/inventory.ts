import { annotationsOf, labelsOf, NETWORK_STABILITY, word } from '../annotations.ts'
import { at, isObject, type JsonObject, own, textAt } from '../json.ts'
import { MIGRATIONS_GROUP } from '../scope.ts'
import { HCO_GROUP } from '../settings/hyperconverged.ts'
import type { StockDefaults } from '../settings/stock-defaults.ts'
import { stockFromCrd } from '../settings/stock-from-crd.ts'
import type { Stability } from './cluster-facts.ts'
import { flattenLists } from './flatten-lists.ts'
import { type MigrationPolicy, readMigrationPolicy } from './migration-policy.ts'
import { isRunning, readVirtualMachine, type VirtualMachine } from './virtual-machine.ts'

/** What was read from the cluster or a file, by kind; null where no list of the kind was read. */
export type Inventory = {
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly virtualMachines: ReadonlyMap<string, VirtualMachine> | null
  readonly networks: ReadonlyMap<string, Stability> | null
  readonly migrationPolicies: ReadonlyMap<string, MigrationPolicy>
  readonly hyperConvergeds: readonly JsonObject[]
  readonly stock: Readonly<Record<string, StockDefaults>>
}

const GROUPS: Readonly<Record<string, string>> = {
  Namespace: '',
  NetworkAttachmentDefinition: 'k8s.cni.cncf.io',
  MigrationPolicy: MIGRATIONS_GROUP,
  VirtualMachineInstance: 'kubevirt.io',
  HyperConverged: HCO_GROUP,
  CustomResourceDefinition: 'apiextensions.k8s.io',
}

/** Reads Kubernetes objects, `List`s of any sort included, into an inventory; kinds that do not matter are passed over. */
export function readInventory(objects: readonly JsonObject[]): Inventory {
  const namespaces = new Map<string, Readonly<Record<string, string>>>()
  const virtualMachines = new Map<string, VirtualMachine>()
  const networks = new Map<string, Stability>()
  const migrationPolicies = new Map<string, MigrationPolicy>()
  const hyperConvergeds = new Map<string, JsonObject>()
  let stock: Readonly<Record<string, StockDefaults>> = {}
  const listed = new Set<string | null>()
  for (const object of objectsIn(objects, listed)) {
    const kind = kindOf(object)
    const name = textAt(object, ['metadata', 'name']) ?? ''
    const qualified = `${textAt(object, ['metadata', 'namespace']) ?? 'default'}/${name}`
    listed.add(kind)
    if (kind === 'Namespace') namespaces.set(name, labelsOf(object))
    else if (kind === 'NetworkAttachmentDefinition') networks.set(qualified, readStability(object))
    else if (kind === 'MigrationPolicy') migrationPolicies.set(name, readMigrationPolicy(object))
    else if (kind === 'VirtualMachineInstance') {
      if (isRunning(object)) virtualMachines.set(qualified, readVirtualMachine(object))
    } else if (kind === 'HyperConverged') hyperConvergeds.set(qualified, object)
    else if (kind === 'CustomResourceDefinition' && at(object, ['spec', 'group']) === HCO_GROUP)
      stock = stockFromCrd(object)
  }
  return {
    namespaces,
    virtualMachines: listed.has('VirtualMachineInstance') ? virtualMachines : null,
    networks: listed.has('NetworkAttachmentDefinition') ? networks : null,
    migrationPolicies,
    hyperConvergeds: [...hyperConvergeds.values()],
    stock,
  }
}

/** False for an inventory in which nothing is known of anything. */
export function tellsSomething(inventory: Inventory): boolean {
  const { namespaces, virtualMachines, networks, migrationPolicies, hyperConvergeds, stock } =
    inventory
  return (
    namespaces.size + migrationPolicies.size + Object.keys(stock).length > 0 ||
    virtualMachines !== null ||
    networks !== null ||
    hyperConvergeds.length > 0
  )
}

function* objectsIn(
  objects: readonly JsonObject[],
  listed: Set<string | null>,
): Generator<JsonObject> {
  for (const object of objects)
    for (const { value } of flattenLists(object, type => listed.add(kindOf(type))))
      if (isObject(value)) yield value
}

// Other groups have a MigrationPolicy or a Namespace of their own. Without an apiVersion the kind alone counts: files of
// facts are written by hand, too.
function kindOf(object: unknown): string | null {
  const kind = textAt(object, ['kind']) ?? ''
  if (!Object.hasOwn(GROUPS, kind)) return null
  const apiVersion = own(object, 'apiVersion')
  if (typeof apiVersion !== 'string') return kind
  const slash = apiVersion.indexOf('/')
  const group = slash === -1 ? '' : apiVersion.slice(0, slash)
  return group === GROUPS[kind] ? kind : null
}

/** The flag on a NetworkAttachmentDefinition, by label or annotation; unstable wins. */
export function readStability(object: JsonObject): Stability {
  const flags = [
    word(labelsOf(object)[NETWORK_STABILITY]),
    word(annotationsOf(object)[NETWORK_STABILITY]),
  ]
  if (flags.includes('unstable')) return 'unstable'
  if (flags.some(flag => flag !== undefined && flag !== 'stable')) return 'unclear'
  return flags.includes('stable') ? 'stable' : 'unmarked'
}
