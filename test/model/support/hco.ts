// What HCO hands to KubeVirt: the settings of the HyperConverged, and its jsonpatch annotation unmarshalled over them, so that
// what a patch removes keeps its value and null clears it; a patch that fails changes nothing
// (hyperconverged-cluster-operator controllers/operands/operand.go, applyAnnotationPatch).
import type { Values } from '../../support/review.ts'
import { type Cluster, JSON_PATCH, type Settings } from './cluster-model.ts'

export const MIGRATIONS = '/spec/configuration/migrations'

/** One operation on the settings or on one of them, which is all that moves.ts makes. */
export type Operation = {
  readonly op: 'add' | 'replace' | 'remove'
  readonly path: string
  readonly value?: unknown
}

/** The settings that take effect in the cluster. */
export function effective({ settings, annotations }: Cluster): Settings {
  const text = annotations[JSON_PATCH]
  if (text === undefined) return settings
  let document: Values | null = settings
  for (const operation of JSON.parse(text) as readonly Operation[]) {
    const next = applied(document, operation)
    if (next === undefined) return settings
    document = next
  }
  const over: Record<string, unknown> = { ...settings }
  for (const [name, value] of Object.entries(document ?? {}))
    if (value === null) delete over[name]
    else over[name] = value
  return over
}

// undefined: the operation fails; null: nothing is left.
function applied(document: Values | null, { op, path, value }: Operation) {
  if (path === MIGRATIONS) return op === 'remove' ? null : (value as Values)
  const name = path.slice(MIGRATIONS.length + 1)
  if (document === null) return undefined
  if (op !== 'add' && !(name in document)) return undefined
  const { [name]: _old, ...rest } = document
  return op === 'remove' ? rest : { ...rest, [name]: value }
}
