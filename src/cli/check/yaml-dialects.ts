import { SELECTOR_NAMES } from '../../core/facts/selection.ts'
import { at, isObject, printable } from '../../core/json.ts'
import { findConfig } from '../../core/settings/hyperconverged.ts'
import { FIELDS, isFieldName } from '../../core/settings/live-migration-config.ts'
import type { Path } from '../../yaml/locate.ts'
import type { Manifest } from './sort-objects.ts'

/** A value that is read as something else by kubectl than by a check. */
export type Ambiguity = { readonly path: Path; readonly text: string }

/**
 * Finds the guarded values of a manifest that YAML 1.1, which kubectl reads, and YAML 1.2, which is read here, take for
 * different things: what is judged is then not what is applied.
 */
export function findAmbiguities(manifest: Manifest): readonly Ambiguity[] {
  const { document, object, path: base } = manifest
  return guardedPaths(manifest).flatMap(path => {
    const source = document.plainAt([...base, ...path])
    const there = source === undefined ? undefined : readByKubectl(source)
    const here = at(object, path)
    if (source === undefined || there === undefined || there === here) return []
    const read = typeof here === 'string' ? 'text' : String(here)
    const text = `kubectl reads ${printable(source)} as ${there} (YAML 1.1), and this check as ${read} (YAML 1.2): ${wantsText(path) ? 'put it in quotes' : `write ${there}`}`
    return [{ path, text }]
  })
}

function guardedPaths({ kind, object }: Manifest): readonly (readonly string[])[] {
  const places =
    kind === 'HyperConverged'
      ? [findConfig(object).path]
      : [['spec'], ...SELECTOR_NAMES.map(name => ['spec', 'selectors', name])]
  return places.flatMap(path => {
    const value = at(object, path)
    return isObject(value) ? Object.keys(value).map(key => [...path, key]) : []
  })
}

function wantsText(path: readonly string[]): boolean {
  const name = path.at(-1) ?? ''
  return path.includes('selectors') || (isFieldName(name) && FIELDS[name] === 'string')
}

const TRUE = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/
const FALSE = /^(?:n|N|no|No|NO|off|Off|OFF)$/
const WHOLE = /^[-+]?(?:0[0-7]+|0b[01_]+|[0-9][0-9_]*_[0-9_]*)$/

// The plain values that sigs.k8s.io/yaml takes for something else than YAML 1.2 does (its goyaml.v2/resolve.go).
function readByKubectl(source: string): boolean | number | undefined {
  if (TRUE.test(source)) return true
  if (FALSE.test(source)) return false
  if (!WHOLE.test(source)) return undefined
  const sign = source.startsWith('-') ? -1 : 1
  const digits = source.replace(/^[-+]/, '').replaceAll('_', '')
  const value = Number(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return Number.isSafeInteger(value) ? sign * value : undefined
}
