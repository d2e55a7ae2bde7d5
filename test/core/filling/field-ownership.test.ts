import t from 'tap'
import { readPinned } from '../../../src/core/filling/field-ownership.ts'
import { ERAS } from '../../support/eras.ts'
import {
  apply,
  at,
  creator,
  entry,
  FIELD,
  LAST_APPLIED,
  lastApplied,
  PINNED,
  STOCK,
  table,
} from '../../support/ownership.ts'

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

t.test('pinned names settings and nothing else', t => {
  t.same([...readPinned(undefined)], [])
  t.same([...readPinned('')], [])
  t.same(
    [...readPinned(' network ,, x,progressTimeout,__proto__,network')],
    ['network', 'progressTimeout'],
  )
  t.end()
})
