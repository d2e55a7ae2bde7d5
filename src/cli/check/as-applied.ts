import { LAST_APPLIED } from '../../core/annotations.ts'
import { setAt } from '../../core/filling/patch.ts'
import { isObject, type JsonObject, own } from '../../core/json.ts'
import { findConfig } from '../../core/settings/hyperconverged.ts'
import type { StockDefaults } from '../../core/settings/stock-defaults.ts'

/**
 * A HyperConverged as it would reach the webhooks if its manifest were applied: settings that the version does not know
 * are gone, those left out have their stock defaults, and the last-applied annotation tells which ones the author wrote.
 * So a check and a cluster decide alike what was left open.
 */
export function asApplied(manifest: JsonObject, stock: StockDefaults): JsonObject {
  const { path, block } = findConfig(manifest)
  // Something else than settings is not completed but left to be judged as it is.
  if (block !== undefined && block !== null && !isObject(block)) return manifest
  const written = Object.fromEntries(
    stock.known
      .filter(name => (own(block, name) ?? null) !== null)
      .map(name => [name, own(block, name)]),
  )
  const object = setAt(manifest, path, { ...stock.defaults, ...written })
  const applied = setAt({ apiVersion: manifest.apiVersion }, path, written)
  const annotation = ['metadata', 'annotations', LAST_APPLIED]
  return setAt(object, annotation, JSON.stringify(applied)) as JsonObject
}
