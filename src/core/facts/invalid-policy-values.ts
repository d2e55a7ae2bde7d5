import { at, isObject, own } from '../json.ts'
import { type FieldName, type InvalidValue, readConfig } from '../settings/live-migration-config.ts'
import { OVERRIDABLE } from './migration-policy.ts'
import { SELECTOR_NAMES } from './selection.ts'

/** A value in a MigrationPolicy that cannot be what its field requires. */
export type InvalidPolicyValue = Omit<InvalidValue, 'name'> & {
  readonly field: string
  /** The setting; null where it is about the selectors. */
  readonly name: FieldName | null
}

/**
 * Finds the values of a MigrationPolicy that its CRD or KubeVirt's own admitter refuses
 * (kubevirt pkg/virt-api/webhooks/validating-webhook/admitters/migration-policy-admitter.go), or that mean something else
 * than they say.
 */
export function findInvalidPolicyValues(object: unknown): readonly InvalidPolicyValue[] {
  const spec = own(object, 'spec')
  const selectors = at(object, ['spec', 'selectors']) ?? undefined
  return [
    ...readConfig(settingsOf(spec)).invalid.map(each => ({
      ...each,
      field: each.name === null ? 'spec' : `spec.${each.name}`,
    })),
    ...(selectors === undefined || isObject(selectors)
      ? SELECTOR_NAMES.flatMap(name => inSelector(`spec.selectors.${name}`, own(selectors, name)))
      : [ofSelectors('spec.selectors', selectors, 'is not an object')]),
  ]
}

// Its other fields are not HCO's, and unlike there a bandwidth may be a bare number of bytes.
function settingsOf(spec: unknown): unknown {
  if (!isObject(spec)) return spec
  const settings = OVERRIDABLE.map(name => [name, own(spec, name)] as const)
  return Object.fromEntries(
    settings.map(([name, value]) => [
      name,
      name === 'bandwidthPerMigration' && Number.isSafeInteger(value) ? String(value) : value,
    ]),
  )
}

function inSelector(field: string, selector: unknown): readonly InvalidPolicyValue[] {
  if (selector === undefined || selector === null) return []
  if (!isObject(selector)) return [ofSelectors(field, selector, 'is not an object of labels')]
  return Object.entries(selector).flatMap(([label, value]) => {
    if (typeof value === 'string') return []
    return NESTED.includes(label)
      ? ofSelectors(`${field}.${label}`, value, 'is a selector as other kinds have it, not a label')
      : ofSelectors(field, { [label]: value }, 'has a label whose value is not text')
  })
}

// A LabelSelector has these; the selectors of a MigrationPolicy are the labels themselves.
const NESTED: readonly string[] = ['matchLabels', 'matchExpressions']

function ofSelectors(field: string, value: unknown, reason: string): InvalidPolicyValue {
  return { field, name: null, value, reason }
}
