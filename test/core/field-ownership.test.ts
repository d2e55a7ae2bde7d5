import t from 'tap'
import { type Owner, ownerOf, readEvidence, readPinned } from '../../src/core/field-ownership.ts'
import type { FieldName } from '../../src/core/live-migration-config.ts'
import { embeddedStock, type StockDefaults } from '../../src/core/stock-defaults.ts'
import { ERAS, type EraName, stored } from '../support/eras.ts'
import { requestOf, type Texts, type Values, type Version } from '../support/review.ts'

const FIELD: FieldName = 'parallelOutboundMigrationsPerNode'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
const PINNED = 'migration-guard.io/pinned'
const FILLED = 'migration-guard.io/filled'
const T0 = '2026-11-23T08:00:00Z'
const T1 = '2026-11-23T09:00:00Z'

type Entry = {
  readonly manager?: string
  readonly operation?: 'Apply' | 'Update'
  readonly fields?: readonly string[]
  readonly time?: string
  readonly subresource?: string
  readonly apiVersion?: string
}

/** An entry of managedFields; `.` among the fields is the block itself. */
function entry({
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

function whose(
  { now, old, era = '1.20', version = 'v1', fieldManager = '' }: Case,
  name = FIELD,
): Owner {
  const object = ({ settings, annotations, entries }: State) =>
    stored(era, settings, annotations, version, { managedFields: entries ?? [] })
  const request = requestOf(old ? 'UPDATE' : 'CREATE', object(now), old ? object(old) : null, {
    fieldManager,
  })
  return ownerOf(name, readEvidence(request, embeddedStock(era) as StockDefaults))
}

const STOCK = ERAS['1.20'].defaults[FIELD as keyof (typeof ERAS)['1.20']['defaults']]
const at = (value: unknown) => ({ [FIELD]: value })
const lastApplied = (settings: Values, apiVersion = 'hco.kubevirt.io/v1') => ({
  [LAST_APPLIED]: JSON.stringify({
    apiVersion,
    spec: apiVersion.endsWith('/v1beta1')
      ? { liveMigrationConfig: settings }
      : { virtualization: { liveMigrationConfig: settings } },
  }),
})
const apply = entry({ manager: 'kubectl', operation: 'Apply' })
const creator = entry({
  manager: 'kubectl-create',
  fields: ['.', ...Object.keys(ERAS['1.20'].defaults)],
  time: T0,
})

function table(
  t: { same: (a: unknown, b: unknown) => void; end: () => void },
  cases: Readonly<Record<string, readonly [Case, Owner]>>,
) {
  t.same(
    Object.fromEntries(Object.entries(cases).map(([name, [input]]) => [name, whose(input)])),
    Object.fromEntries(Object.entries(cases).map(([name, [, owner]]) => [name, owner])),
  )
  t.end()
}

t.test('a field that is absent is open, whatever speaks for it', t => {
  const everything = { annotations: { [PINNED]: FIELD, ...lastApplied(at(1)) }, entries: [apply] }
  table(t, {
    absent: [{ now: { settings: at(undefined) } }, 'open'],
    null: [{ now: { settings: at(null) } }, 'open'],
    'absent, with every evidence': [{ now: { settings: at(undefined), ...everything } }, 'open'],
    'removed by this request': [
      { now: { settings: at(undefined) }, old: { settings: at(4) } },
      'open',
    ],
  })
})

t.test('a field that differs from stock is the user’s', t => {
  table(t, {
    'on CREATE': [{ now: { settings: at(2) } }, 'user'],
    changed: [{ now: { settings: at(2) }, old: {} }, 'user'],
    untouched: [{ now: { settings: at(2) }, old: { settings: at(2) } }, 'user'],
    'of another type': [{ now: { settings: at(String(STOCK)) } }, 'user'],
    'what was stock once': [{ now: { settings: at(1) }, era: '1.17', version: 'v1beta1' }, 'user'],
  })
})

t.test('in an object that was never defaulted everything that is there is the user’s', t => {
  table(t, {
    'another default is absent': [{ now: { settings: { progressTimeout: undefined } } }, 'user'],
    'another default is null': [{ now: { settings: { progressTimeout: null } } }, 'user'],
    'what has no default may be absent': [{ now: { settings: { network: undefined } } }, 'open'],
    'all other defaults are absent': [
      {
        now: {
          settings: Object.fromEntries(
            Object.keys(ERAS['1.20'].defaults).map(name => [name, name === FIELD ? 1 : undefined]),
          ),
        },
      },
      'user',
    ],
    'another default is absent in an update': [
      { now: { settings: { progressTimeout: undefined } }, old: {} },
      'user',
    ],
  })
})

t.test('evidence makes a field at stock the user’s', t => {
  table(t, {
    'an Apply entry': [{ now: { entries: [apply] } }, 'user'],
    'an Apply entry of another field': [
      { now: { entries: [entry({ operation: 'Apply', fields: ['progressTimeout'] })] } },
      'open',
    ],
    'an Apply entry that holds the block as well': [
      { now: { entries: [entry({ operation: 'Apply', fields: ['.', FIELD] })] } },
      'user',
    ],
    'an Apply entry of HCO': [
      {
        now: {
          entries: [entry({ operation: 'Apply', manager: 'hyperconverged-cluster-operator' })],
        },
      },
      'user',
    ],
    'last-applied': [{ now: { annotations: lastApplied(at(1)) } }, 'user'],
    'last-applied with another value': [{ now: { annotations: lastApplied(at(7)) } }, 'user'],
    'last-applied of another field': [
      { now: { annotations: lastApplied({ progressTimeout: 150 }) } },
      'open',
    ],
    pinned: [{ now: { annotations: { [PINNED]: FIELD } } }, 'user'],
    'pinned among others': [
      { now: { annotations: { [PINNED]: `progressTimeout , ${FIELD},x` } } },
      'user',
    ],
    'pinned in another case': [{ now: { annotations: { [PINNED]: FIELD.toUpperCase() } } }, 'open'],
    'an Update entry of just this field': [{ now: { entries: [creator, entry({})] } }, 'user'],
    'the Update entry of who created the block': [{ now: { entries: [creator] } }, 'open'],
    'an Update entry of HCO': [
      { now: { entries: [creator, entry({ manager: 'hyperconverged-cluster-operator' })] } },
      'open',
    ],
    'an Update entry of HCO’s webhook': [
      { now: { entries: [creator, entry({ manager: 'hyperconverged-cluster-webhook' })] } },
      'open',
    ],
    'an Update entry of the status': [
      { now: { entries: [creator, entry({ subresource: 'status' })] } },
      'open',
    ],
    'an Apply entry of the status': [
      { now: { entries: [entry({ operation: 'Apply', subresource: 'status' })] } },
      'open',
    ],
    'ancient changes': [
      { now: { entries: [creator, entry({ manager: 'ancient-changes' })] } },
      'user',
    ],
    'ancient changes of who created the block': [
      { now: { entries: [entry({ manager: 'ancient-changes', fields: ['.', FIELD] })] } },
      'open',
    ],
  })
})

t.test('each entry is read by its own API version', t => {
  const old = entry({ apiVersion: 'hco.kubevirt.io/v1beta1' })
  const wrong = {
    ...entry({}),
    apiVersion: 'hco.kubevirt.io/v1beta1',
  }
  table(t, {
    'a v1beta1 entry in a v1 object': [{ now: { entries: [creator, old] } }, 'user'],
    'a v1 entry in a v1beta1 object': [
      { now: { entries: [entry({})] }, version: 'v1beta1' },
      'user',
    ],
    'the v1 path in a v1beta1 entry': [{ now: { entries: [creator, wrong] } }, 'open'],
    'a v1beta1 creator in a v1 object': [
      {
        now: {
          entries: [entry({ apiVersion: 'hco.kubevirt.io/v1beta1', fields: ['.', FIELD] })],
        },
      },
      'open',
    ],
  })
})

t.test('evidence that cannot be read is none', t => {
  const text = (value: string) => ({ now: { annotations: { [LAST_APPLIED]: value } } })
  table(t, {
    'last-applied is no JSON': [text(`liveMigrationConfig ${FIELD}`), 'open'],
    'last-applied is a list': [text('["liveMigrationConfig"]'), 'open'],
    'last-applied is text': [text('"liveMigrationConfig"'), 'open'],
    'last-applied has a block of text': [
      text(
        '{"apiVersion":"hco.kubevirt.io/v1","spec":{"virtualization":{"liveMigrationConfig":"x"}}}',
      ),
      'open',
    ],
    'last-applied has the path of another version': [
      text(`{"apiVersion":"hco.kubevirt.io/v1","spec":{"liveMigrationConfig":{"${FIELD}":1}}}`),
      'open',
    ],
    'last-applied in its own version': [
      { now: { annotations: lastApplied(at(1), 'hco.kubevirt.io/v1beta1') } },
      'user',
    ],
    'managedFields of all sorts': [
      {
        now: {
          entries: [
            null,
            7,
            'x',
            [],
            {},
            { operation: 'Apply' },
            { operation: 'Apply', fieldsV1: 'x' },
            { operation: 'Apply', fieldsV1: { 'f:spec': [] } },
            {
              operation: 'Apply',
              fieldsV1: { 'f:spec': { 'f:virtualization': { 'f:liveMigrationConfig': 'f:x' } } },
            },
          ] as never,
        },
      },
      'open',
    ],
  })
})

t.test('a field that an update puts back to stock is the user’s and pinned', t => {
  const before = { settings: at(4), entries: [creator] }
  table(t, {
    'by a plain update': [{ now: { entries: [creator] }, old: before }, 'pin'],
    'by an update that leaves its entry': [
      { now: { entries: [creator, entry({})] }, old: before },
      'pin',
    ],
    'next to our annotations that stay': [
      {
        now: { entries: [creator], annotations: { [FILLED]: 'bandwidthPerMigration=0Mi' } },
        old: { ...before, annotations: { [FILLED]: 'bandwidthPerMigration=0Mi' } },
      },
      'pin',
    ],
    'where last-applied stays': [
      {
        now: { entries: [creator], annotations: lastApplied({}) },
        old: { ...before, annotations: lastApplied({}) },
      },
      'pin',
    ],
    'untouched stock is open': [
      { now: { entries: [creator] }, old: { entries: [creator] } },
      'open',
    ],
    'so is what appears at stock': [
      { now: { entries: [creator] }, old: { settings: at(undefined), entries: [creator] } },
      'open',
    ],
    'pinned before': [
      { now: { entries: [creator], annotations: { [PINNED]: FIELD } }, old: before },
      'user',
    ],
  })
})

t.test('a field that an apply or a file puts back to stock without naming it is open', t => {
  const before = { settings: at(4), entries: [creator] }
  const others = entry({ manager: 'kubectl', operation: 'Apply', fields: ['progressTimeout'] })
  table(t, {
    'a server-side apply': [{ now: { entries: [creator, others] }, old: before }, 'open'],
    'a server-side apply that names it': [
      { now: { entries: [creator, apply] }, old: before },
      'user',
    ],
    'a client-side apply': [
      {
        now: { entries: [creator], annotations: lastApplied({}) },
        old: { ...before, annotations: lastApplied(at(4)) },
      },
      'open',
    ],
    'the first client-side apply': [
      { now: { entries: [creator], annotations: lastApplied({}) }, old: before },
      'open',
    ],
    'a client-side apply that names it': [
      {
        now: { entries: [creator], annotations: lastApplied(at(1)) },
        old: { ...before, annotations: lastApplied(at(4)) },
      },
      'user',
    ],
    'a file without our annotations': [
      {
        now: { entries: [creator] },
        old: { ...before, annotations: { [FILLED]: 'bandwidthPerMigration=0Mi' } },
      },
      'open',
    ],
    'a file that names one of them itself': [
      {
        now: { entries: [creator], annotations: { [PINNED]: 'progressTimeout' } },
        old: {
          ...before,
          annotations: { [FILLED]: 'bandwidthPerMigration=0Mi', [PINNED]: 'progressTimeout' },
        },
      },
      'open',
    ],
    'a file of another manager, whose entry holds what it changed': [
      {
        now: { entries: [creator, entry({ manager: 'kubectl-replace' })] },
        old: { ...before, annotations: { [FILLED]: 'bandwidthPerMigration=0Mi' } },
      },
      'open',
    ],
    'a client-side apply of another manager, whose entry holds what it changed': [
      {
        now: {
          entries: [creator, entry({ manager: 'kubectl-client-side-apply' })],
          annotations: lastApplied({}),
        },
        old: { ...before, annotations: lastApplied(at(4)) },
      },
      'open',
    ],
    'what an edit set before, and a file leaves as it is': [
      {
        now: { entries: [creator, entry({})] },
        old: {
          entries: [creator, entry({})],
          annotations: { [FILLED]: 'bandwidthPerMigration=0Mi' },
        },
      },
      'user',
    ],
    'what is recorded as filled with just this value': [
      { now: { entries: [creator], annotations: { [FILLED]: `${FIELD}=1` } }, old: before },
      'open',
    ],
    'what is recorded as filled with another value': [
      { now: { entries: [creator], annotations: { [FILLED]: `${FIELD}=2` } }, old: before },
      'pin',
    ],
    'on CREATE it is open anyway': [{ now: { entries: [creator] } }, 'open'],
  })
})

t.test('the newest entry tells whether a request is an apply, also within one second', t => {
  const before = { settings: at(4), entries: [creator] }
  const applied = (time: string, fields = ['progressTimeout']) =>
    entry({ manager: 'kubectl', operation: 'Apply', fields, time })
  const edited = (time: string) => entry({ manager: 'kubectl-edit', fields: ['network'], time })
  const status = entry({ manager: 'x', operation: 'Apply', subresource: 'status', time: T1 })
  table(t, {
    'an older apply': [
      {
        now: { entries: [creator, applied(T0), edited(T1)] },
        old: { ...before, entries: [creator, applied(T0)] },
      },
      'pin',
    ],
    'a newer apply': [
      {
        now: { entries: [creator, edited(T0), applied(T1)] },
        old: { ...before, entries: [creator, edited(T0)] },
      },
      'open',
    ],
    'an apply of the status': [
      { now: { entries: [creator, edited(T0), status] }, old: { ...before, entries: [creator] } },
      'pin',
    ],
    'in the same second, the edit touched its entry': [
      {
        now: { entries: [creator, applied(T1), edited(T1)] },
        old: { ...before, entries: [creator, applied(T1)] },
      },
      'pin',
    ],
    'in the same second, the apply touched its entry': [
      {
        now: { entries: [creator, edited(T1), applied(T1)] },
        old: { ...before, entries: [creator, edited(T1)] },
      },
      'open',
    ],
    'in the same second, the edit took a field of the apply': [
      {
        now: { entries: [creator, applied(T1), edited(T1)] },
        old: { ...before, entries: [creator, applied(T1, ['progressTimeout', 'network'])] },
        fieldManager: 'kubectl-edit',
      },
      'pin',
    ],
    'in the same second, the apply took a field of the edit': [
      {
        now: { entries: [creator, edited(T1), applied(T1)] },
        old: {
          ...before,
          entries: [
            creator,
            entry({ manager: 'kubectl-edit', fields: ['network', 'allowAutoConverge'], time: T1 }),
          ],
        },
        fieldManager: 'kubectl',
      },
      'open',
    ],
  })
})

t.test('pinned names settings and nothing else', t => {
  t.same([...readPinned(undefined)], [])
  t.same([...readPinned('')], [])
  t.same(
    [...readPinned(' network ,, x,progressTimeout,__proto__,network')],
    ['network', 'progressTimeout'],
  )
  t.end()
})
