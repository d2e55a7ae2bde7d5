import { at, isObject, type JsonObject, own, show, textAt } from '../../core/json.ts'
import { MIGRATIONS_GROUP } from '../../core/scope.ts'
import { HCO_GROUP } from '../../core/settings/hyperconverged.ts'

/** What a manifest of a kind that is judged says it is. */
export type Identity = {
  readonly group: string
  readonly version: string
  readonly kind: 'HyperConverged' | 'MigrationPolicy'
  readonly namespace: string
  readonly name: string
}

/** Why an object that was clearly meant to be ours cannot be judged, and what in it is wrong. */
export type Flaw = { readonly path: readonly string[]; readonly flaw: string }

const KIND_OF_GROUP = {
  [HCO_GROUP]: 'HyperConverged',
  [MIGRATIONS_GROUP]: 'MigrationPolicy',
} as const
const EXAMPLES = {
  HyperConverged: `${HCO_GROUP}/v1 or ${HCO_GROUP}/v1beta1`,
  MigrationPolicy: `${MIGRATIONS_GROUP}/v1alpha1`,
} as const

/**
 * Tells what an object is: one of ours, null for any other kind, or what is wrong with one that was meant to be ours. A
 * misspelt kind must not pass as somebody else's.
 */
export function identify(object: JsonObject): Identity | Flaw | null {
  const kind = own(object, 'kind')
  const apiVersion = own(object, 'apiVersion')
  const [group = '', version = ''] = typeof apiVersion === 'string' ? apiVersion.split('/', 2) : []
  const expected = Object.hasOwn(KIND_OF_GROUP, group)
    ? KIND_OF_GROUP[group as keyof typeof KIND_OF_GROUP]
    : null
  if (expected !== null && kind !== expected)
    return { path: ['kind'], flaw: `kind is ${show(kind)}; ${group} has the kind ${expected}` }
  const meant = Object.values(KIND_OF_GROUP).find(known => known === kind)
  if (meant === undefined) return null
  if (expected === null || version === '') {
    // Another product may have a MigrationPolicy; nobody else has a HyperConverged.
    const foreign = meant === 'MigrationPolicy' && version !== ''
    if (foreign) return null
    const flaw = `apiVersion is ${show(apiVersion)}; ${meant} needs ${EXAMPLES[meant]}`
    return { path: ['apiVersion'], flaw }
  }
  const text = (key: string) => textAt(object, ['metadata', key]) ?? ''
  const identity = { group, version, kind: meant, namespace: text('namespace'), name: text('name') }
  return findFlaw(object, identity) ?? identity
}

const PARENTS: readonly (readonly string[])[] = [
  ['metadata'],
  ['metadata', 'annotations'],
  ['metadata', 'labels'],
  ['spec'],
  ['spec', 'virtualization'],
]

// What an API server would refuse before any webhook sees it, so that judging it would say nothing.
function findFlaw(object: JsonObject, { kind, name }: Identity): Flaw | null {
  if (name === '')
    return { path: ['metadata', 'name'], flaw: `${kind} without a name: write metadata.name` }
  for (const path of PARENTS) {
    const value = at(object, path)
    if (value !== undefined && value !== null && !isObject(value))
      return { path, flaw: `${path.join('.')} is ${show(value)}, not a mapping` }
  }
  const annotations = at(object, ['metadata', 'annotations'])
  for (const [key, text] of Object.entries(isObject(annotations) ? annotations : {}))
    if (typeof text !== 'string' && text !== null)
      return {
        path: ['metadata', 'annotations', key],
        flaw: `annotation ${show(key)} is ${show(text)}, not text: put it in quotes`,
      }
  return null
}
