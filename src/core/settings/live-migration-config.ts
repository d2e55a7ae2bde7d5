import { isObject, own } from '../json.ts'
import { parseQuantity, type Quantity } from './quantity.ts'

/**
 * The nine live-migration settings of HyperConverged, in the order of its API documentation.
 * Source: kubevirt/hyperconverged-cluster-operator api/v1/hyperconverged_types.go, LiveMigrationConfigurations.
 */
export const FIELDS = {
  bandwidthPerMigration: 'quantity',
  completionTimeoutPerGiB: 'int64',
  parallelMigrationsPerCluster: 'int32',
  parallelOutboundMigrationsPerNode: 'int32',
  progressTimeout: 'int64',
  network: 'string',
  allowAutoConverge: 'boolean',
  allowPostCopy: 'boolean',
  allowWorkloadDisruption: 'boolean',
} as const

/** The name of a setting. */
export type FieldName = keyof typeof FIELDS

/** The names of all settings, in that order. */
export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[]

/** True for the name of a setting. */
export function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FIELDS, name)
}

/** A liveMigrationConfig block as it stands in an object; values may be of any type. */
export type RawConfig = Readonly<Partial<Record<FieldName, unknown>>>

/** The block with every readable value typed; integers keep their sign, because a negative timeout has an effect. */
export type Settings = {
  readonly bandwidthPerMigration?: Quantity
  readonly completionTimeoutPerGiB?: number
  readonly parallelMigrationsPerCluster?: number
  readonly parallelOutboundMigrationsPerNode?: number
  readonly progressTimeout?: number
  readonly network?: string
  readonly allowAutoConverge?: boolean
  readonly allowPostCopy?: boolean
  readonly allowWorkloadDisruption?: boolean
}

/** A value that cannot be what its field requires, with the reason in words. */
export type InvalidValue = {
  readonly name: FieldName | null
  readonly value: unknown
  readonly reason: string
}

/** What was read from a block. */
export type ReadConfig = { readonly settings: Settings; readonly invalid: readonly InvalidValue[] }

/** Reads a block: what can be typed goes to `settings`, what is wrong is named in `invalid`. null is absent, as in the API. */
export function readConfig(block: unknown): ReadConfig {
  if (block === undefined || block === null) return { settings: {}, invalid: [] }
  if (!isObject(block))
    return { settings: {}, invalid: [{ name: null, value: block, reason: 'is not an object' }] }
  const settings: Record<string, unknown> = {}
  const invalid: InvalidValue[] = []
  for (const name of FIELD_NAMES) {
    const value = own(block, name)
    if (value === undefined || value === null) continue
    const reason = readValue(name, value, settings)
    if (reason !== undefined) invalid.push({ name, value, reason })
  }
  return { settings: settings as Settings, invalid }
}

// "100s" or "5m" would still be text without quotes, and may have none.
const DIGITS = /^-?\d+$/

const LIMIT = { int32: 2 ** 31, int64: 2 ** 63 } as const

// Sets what can be read, even when it is out of range, and returns what is wrong with it.
function readValue(name: FieldName, value: unknown, settings: Record<string, unknown>) {
  const kind = FIELDS[name]
  if (kind === 'quantity') return readBandwidth(value, settings)
  if (kind === 'boolean' || kind === 'string') {
    if (typeof value === kind) settings[name] = value
    else return kind === 'boolean' ? 'is not true or false' : 'is not text'
    return undefined
  }
  if (typeof value === 'string')
    return `is text, not a ${DIGITS.test(value) ? 'number: remove the quotes' : 'whole number'}`
  if (typeof value !== 'number' || !Number.isInteger(value)) return 'is not a whole number'
  settings[name] = value
  if (value < 0) return 'is negative'
  if (value >= LIMIT[kind]) return `is above the largest ${kind}`
  return undefined
}

function readBandwidth(value: unknown, settings: Record<string, unknown>) {
  if (typeof value !== 'string') return 'is not a quantity: write it in quotes, as in "64Mi"'
  const quantity = parseQuantity(value)
  if (!quantity) return 'is not a quantity, such as "64Mi"'
  settings.bandwidthPerMigration = quantity
  if (quantity.numerator < 0n) return 'is negative'
  // KubeVirt rounds to whole MiB/s with 0 meaning no limit; "64m" is 0.064 bytes and so unlimited
  // (kubevirt pkg/virt-launcher/virtwrap, QuantityToMebiByte).
  if (quantity.numerator > 0n && quantity.numerator < quantity.denominator)
    return 'is less than one byte per second, which KubeVirt takes as unlimited; "64Mi" is 64 MiB per second'
  return undefined
}
