import { annotationsOf, DATA, labelsOf, NETWORK_STABILITY, WORKLOAD, word } from './annotations.ts'
import type { Stability } from './cluster-facts.ts'
import { HCO_GROUP, HCO_NAME } from './hyperconverged.ts'
import { at, type JsonObject, own, textAt } from './json.ts'
import { type MigrationPolicy, readMigrationPolicy } from './migration-policy.ts'
import { parseQuantity } from './quantity.ts'
import type { StockDefaults } from './stock-defaults.ts'
import { stockFromCrd } from './stock-from-crd.ts'

/** A running VM, reduced to what may matter. */
export type VirtualMachine = {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly heavy: boolean
  readonly critical: boolean
  readonly instancetype: string | null
  /** Guest memory in decimal GB rounded up, where the object tells it. */
  readonly gigabytes: number | null
}

/** What was read from the cluster or a file, by kind; null where no list of the kind was read. */
export type Inventory = {
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly virtualMachines: ReadonlyMap<string, VirtualMachine> | null
  readonly networks: ReadonlyMap<string, Stability> | null
  readonly migrationPolicies: ReadonlyMap<string, MigrationPolicy>
  readonly hyperConverged: JsonObject | null
  readonly stock: Readonly<Record<string, StockDefaults>>
}

/** Reads Kubernetes objects, `List`s of any sort included, into an inventory; kinds that do not matter are passed over. */
export function readInventory(objects: readonly JsonObject[]): Inventory {
  const namespaces = new Map<string, Readonly<Record<string, string>>>()
  const virtualMachines = new Map<string, VirtualMachine>()
  const networks = new Map<string, Stability>()
  const migrationPolicies = new Map<string, MigrationPolicy>()
  let hyperConverged: JsonObject | null = null
  let stock: Readonly<Record<string, StockDefaults>> = {}
  const listed = new Set<string>()
  for (const object of flatten(objects, listed)) {
    const kind = textAt(object, ['kind']) ?? ''
    const name = textAt(object, ['metadata', 'name']) ?? ''
    const qualified = `${textAt(object, ['metadata', 'namespace']) ?? 'default'}/${name}`
    listed.add(kind)
    if (kind === 'Namespace') namespaces.set(name, labelsOf(object))
    else if (kind === 'NetworkAttachmentDefinition') networks.set(qualified, readStability(object))
    else if (kind === 'MigrationPolicy') migrationPolicies.set(name, readMigrationPolicy(object))
    else if (kind === 'VirtualMachineInstance') {
      if (isRunning(object)) virtualMachines.set(qualified, readVirtualMachine(object))
    } else if (kind === 'HyperConverged') {
      if (hyperConverged === null || name === HCO_NAME) hyperConverged = object
    } else if (kind === 'CustomResourceDefinition' && at(object, ['spec', 'group']) === HCO_GROUP)
      stock = stockFromCrd(object)
  }
  return {
    namespaces,
    virtualMachines: listed.has('VirtualMachineInstance') ? virtualMachines : null,
    networks: listed.has('NetworkAttachmentDefinition') ? networks : null,
    migrationPolicies,
    hyperConverged,
    stock,
  }
}

// An empty typed list says that there are none; that is knowledge, too.
function* flatten(objects: readonly JsonObject[], listed: Set<string>): Generator<JsonObject> {
  for (const object of objects) {
    const kind = textAt(object, ['kind']) ?? ''
    const items = own(object, 'items')
    if (!kind.endsWith('List') || !Array.isArray(items)) {
      yield object
      continue
    }
    const itemKind = kind.slice(0, -'List'.length)
    if (itemKind !== '') listed.add(itemKind)
    // Items of a typed list come without a kind of their own.
    const typed = items.map(item => (itemKind === '' ? item : { kind: itemKind, ...item }))
    yield* flatten(typed, listed)
  }
}

/** The flag on a NetworkAttachmentDefinition, by label or annotation; unstable wins. */
export function readStability(object: JsonObject): Stability {
  const flags = [
    word(labelsOf(object)[NETWORK_STABILITY]),
    word(annotationsOf(object)[NETWORK_STABILITY]),
  ]
  if (flags.includes('unstable')) return 'unstable'
  return flags.includes('stable') ? 'stable' : 'unmarked'
}

const INSTANCETYPES = ['kubevirt.io/cluster-instancetype-name', 'kubevirt.io/instancetype-name']
const HEAVY_WORKLOADS: readonly (string | undefined)[] = ['highperformance', 'saphana']

/** Reduces a VirtualMachineInstance; its metadata alone is enough for all but the memory. */
export function readVirtualMachine(object: JsonObject): VirtualMachine {
  const labels = labelsOf(object)
  const annotations = annotationsOf(object)
  const instancetype = INSTANCETYPES.map(key => annotations[key]).find(name => name !== undefined)
  return {
    namespace: textAt(object, ['metadata', 'namespace']) ?? 'default',
    name: textAt(object, ['metadata', 'name']) ?? '',
    labels,
    heavy:
      word(labels[WORKLOAD]) === 'heavy' ||
      HEAVY_WORKLOADS.includes(word(annotations['vm.kubevirt.io/workload'])),
    critical: word(labels[DATA]) === 'critical',
    instancetype: instancetype ?? null,
    gigabytes: readGigabytes(object),
  }
}

function isRunning(object: JsonObject): boolean {
  const phase = textAt(object, ['status', 'phase'])
  return phase !== 'Succeeded' && phase !== 'Failed'
}

function readGigabytes(object: JsonObject): number | null {
  const text =
    textAt(object, ['spec', 'domain', 'memory', 'guest']) ??
    textAt(object, ['spec', 'domain', 'resources', 'requests', 'memory'])
  const quantity = text === undefined ? undefined : parseQuantity(text)
  if (!quantity) return null
  const billionths = quantity.denominator * 1_000_000_000n
  return Number((quantity.numerator + billionths - 1n) / billionths)
}
