import { readFileSync } from 'node:fs'
import { type Inventory, readInventory } from '../core/inventory.ts'
import { isObject, type JsonObject } from '../core/json.ts'
import { explainReadError } from '../files/explain-error.ts'
import { parseDocuments } from '../yaml/parse-documents.ts'

// A list of all the VMs of a large cluster; the limits of texts that come with a request would be too narrow.
const LIMITS = { length: 256 * 1024 * 1024, depth: 128, tokens: 50_000_000, aliases: 0 }

/** Reads Kubernetes objects, as `oc get … -o json` or `-o yaml` prints them; throws an Error that names the file. */
export function loadInventory(path: string): Inventory {
  let objects: readonly unknown[]
  try {
    objects = readObjects(readFileSync(path === '-' ? 0 : path, 'utf8'), path)
  } catch (cause) {
    throw new Error(`${path}: ${explainReadError(cause)}`, { cause })
  }
  const strange = objects.findIndex(object => !isObject(object))
  if (strange !== -1)
    throw new Error(`${path}: document ${strange + 1} is no Kubernetes object or list of them`)
  const inventory = readInventory(objects as readonly JsonObject[])
  if (tellsNothing(inventory))
    throw new Error(
      `${path}: nothing here is a fact: expected objects such as NetworkAttachmentDefinition, VirtualMachineInstance, Namespace or MigrationPolicy`,
    )
  return inventory
}

function tellsNothing(inventory: Inventory): boolean {
  const { namespaces, virtualMachines, networks, migrationPolicies, hyperConverged } = inventory
  const lists = [virtualMachines, networks, hyperConverged]
  return (
    lists.every(list => list === null) &&
    namespaces.size + migrationPolicies.size + Object.keys(inventory.stock).length === 0
  )
}

function readObjects(text: string, path: string): readonly unknown[] {
  // JSON is YAML too, but JSON.parse is a hundred times faster on a long list.
  if (/^\s*[{[]/.test(text)) return [JSON.parse(text)].flat()
  return parseDocuments(text, path, LIMITS).flatMap(document => {
    if ('error' in document) throw document.error
    return document.value === null ? [] : [document.value]
  })
}
