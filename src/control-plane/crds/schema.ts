/** A structural schema as CRDs hold it. */
export type Schema = {
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'boolean'
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [key: string]: unknown
}

/**
 * An object whose default is what its properties default to, as HCO writes it at every level. What `unsaid` names is left
 * out of that default and comes from the property's own.
 */
export function objectOf(
  properties: Readonly<Record<string, Schema>>,
  unsaid: readonly string[] = [],
): Schema {
  const defaulted = Object.entries(properties).flatMap(([name, { default: value }]) =>
    value === undefined || unsaid.includes(name) ? [] : [[name, value] as const],
  )
  const schema: Schema = { type: 'object', properties }
  return defaulted.length === 0 ? schema : { ...schema, default: Object.fromEntries(defaulted) }
}
