// Whose a field is, told from what an object and its managedFields say.
import { type Owner, ownerOf, readEvidence } from '../../src/core/filling/field-ownership.ts'
import type { FieldName } from '../../src/core/settings/live-migration-config.ts'
import { embeddedStock, type StockDefaults } from '../../src/core/settings/stock-defaults.ts'
import { ERAS, type EraName, stored } from './eras.ts'
import { requestOf, type Texts, type Values, type Version } from './review.ts'

/** The field that is asked about. */
export const FIELD: FieldName = 'parallelOutboundMigrationsPerNode'
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
export const PINNED = 'migration-guard.io/pinned'
export const FILLED = 'migration-guard.io/filled'
export const T0 = '2026-11-23T08:00:00Z'
export const T1 = '2026-11-23T09:00:00Z'

type Entry = {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly fields?: readonly string[]
  readonly time?: string
  readonly subresource?: string
  readonly apiVersion?: string
}

/** An entry of managedFields; `.` among the fields is the block itself. */
export function entry({
  manager = 'kubectl-edit',
  operation = 'Update',
  fields = [FIELD],
  time = T1,
  subresource,
  apiVersion = 'hco.kubevirt.io/v1',
}: Entry): Values {
  const block = Object.fromEntries(fields.map(name => [name === '.' ? '.' : `f:${name}`, {}]))
  const spec = apiVersion.endsWith('/v1beta1')
    ? { 'f:liveMigrationConfig': block }
    : { 'f:virtualization': { 'f:liveMigrationConfig': block } }
  return {
    apiVersion,
    manager,
    operation,
    time,
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:spec': spec },
    ...(subresource === undefined ? {} : { subresource }),
  }
}

type State = {
  readonly settings?: Values
  readonly annotations?: Texts
  readonly entries?: readonly Values[]
}

type Case = {
  readonly now: State
  readonly old?: State
  readonly era?: EraName
  readonly version?: Version
  readonly fieldManager?: string
}

function whose({ now, old, era = '1.20', version = 'v1', fieldManager = '' }: Case): Owner {
  const object = ({ settings, annotations, entries }: State) =>
    stored(era, settings, annotations, version, { managedFields: entries ?? [] })
  const request = requestOf(old ? 'UPDATE' : 'CREATE', object(now), old ? object(old) : null, {
    fieldManager,
  })
  return ownerOf(FIELD, readEvidence(request, embeddedStock(era) as StockDefaults))
}

export const STOCK = ERAS['1.20'].defaults[FIELD as keyof (typeof ERAS)['1.20']['defaults']]
export const at = (value: unknown) => ({ [FIELD]: value })
/** The annotation that kubectl apply leaves, with these settings in it. */
export const lastApplied = (settings: Values, apiVersion = 'hco.kubevirt.io/v1') => ({
  [LAST_APPLIED]: JSON.stringify({
    apiVersion,
    spec: apiVersion.endsWith('/v1beta1')
      ? { liveMigrationConfig: settings }
      : { virtualization: { liveMigrationConfig: settings } },
  }),
})

/** The entry of a server-side apply that names the field. */
export const apply = entry({ manager: 'kubectl', operation: 'Apply' })
/** The entry of who created the block, with all that was defaulted. */
export const creator = entry({
  manager: 'kubectl-create',
  fields: ['.', ...Object.keys(ERAS['1.20'].defaults)],
  time: T0,
})

/** Compares whose the field is in each case with what is expected, all at once. */
export function table(
  t: { same: (a: unknown, b: unknown) => void; end: () => void },
  cases: Readonly<Record<string, readonly [Case, Owner]>>,
) {
  t.same(
    Object.fromEntries(Object.entries(cases).map(([name, [input]]) => [name, whose(input)])),
    Object.fromEntries(Object.entries(cases).map(([name, [, owner]]) => [name, owner])),
  )
  t.end()
}
