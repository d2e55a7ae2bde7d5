import { at, isObject, type JsonObject, own } from '../json.ts'
import { CONFIG_PATHS } from './hyperconverged.ts'
import { FIELD_NAMES, type RawConfig } from './live-migration-config.ts'
import type { StockDefaults } from './stock-defaults.ts'

/** The stock defaults of each version in the CustomResourceDefinition of HyperConverged. */
export function stockFromCrd(crd: JsonObject): Readonly<Record<string, StockDefaults>> {
  const versions = at(crd, ['spec', 'versions'])
  const stock: Record<string, StockDefaults> = Object.create(null)
  for (const version of Array.isArray(versions) ? versions : []) {
    const name = own(version, 'name')
    const root = at(version, ['schema', 'openAPIV3Schema'])
    const defaults = CONFIG_PATHS.map(path => readStock(root, path)).find(
      found => found !== undefined,
    )
    if (typeof name === 'string' && defaults) stock[name] = defaults
  }
  return stock
}

function readStock(root: unknown, place: readonly string[]): StockDefaults | undefined {
  const schemas = [root]
  for (const key of place) schemas.push(at(schemas.at(-1), ['properties', key]))
  const block = schemas.at(-1)
  const properties = own(block, 'properties')
  if (!isObject(properties)) return undefined
  const known = FIELD_NAMES.filter(name => isObject(own(properties, name)))
  const defaults: Record<string, unknown> = {}
  for (const name of known) {
    const value = at(properties, [name, 'default']) ?? fromParents(schemas, place, name)
    if (value !== undefined) defaults[name] = value
  }
  return { known, defaults: defaults as RawConfig, source: 'the CRD' }
}

// Where a field has no default of its own, the one of an object around it applies when that object is left out.
function fromParents(schemas: readonly unknown[], place: readonly string[], name: string): unknown {
  for (let depth = place.length; depth > 0; depth--) {
    const value = at(own(schemas[depth], 'default'), [...place.slice(depth), name])
    if (value !== undefined) return value
  }
  return undefined
}
