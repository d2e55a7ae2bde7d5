import { type ApiVersion, DEFAULTS, type Era, hasField } from './eras.ts'
import { objectOf, type Schema } from './schema.ts'

/** The pattern of a quantity, as controller-gen writes it for `resource.Quantity`. */
const QUANTITY =
  '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$'

const INT32: Schema = { type: 'integer', format: 'int32' }
const INT64: Schema = { type: 'integer', format: 'int64' }
const BOOLEAN: Schema = { type: 'boolean' }

// Nothing bounds the numbers: 0, negative and huge ones pass the CRD, which is why there is a guard.
const FIELDS: Readonly<Record<string, Schema>> = {
  parallelMigrationsPerCluster: INT32,
  parallelOutboundMigrationsPerNode: INT32,
  bandwidthPerMigration: { type: 'string', pattern: QUANTITY },
  completionTimeoutPerGiB: INT64,
  progressTimeout: INT64,
  network: { type: 'string' },
  allowAutoConverge: BOOLEAN,
  allowPostCopy: BOOLEAN,
  allowWorkloadDisruption: BOOLEAN,
}

// HCO's v1beta1 names it neither in the object's default nor in that of `spec`: the API server adds it all the same, and
// who reads the defaults off a CRD has to look at both.
const UNSAID = { v1beta1: ['allowWorkloadDisruption'], v1: [] } as const

/** The schema of `liveMigrationConfig`; the fields are the same in both API versions. */
export function liveMigrationConfig(era: Era, version: ApiVersion): Schema {
  const known = Object.entries(FIELDS).filter(([field]) => hasField(era, field))
  const properties = known.map(([field, schema]) => {
    const value = DEFAULTS[era][field]
    return [field, value === undefined ? schema : { ...schema, default: value }] as const
  })
  return objectOf(Object.fromEntries(properties), UNSAID[version])
}
