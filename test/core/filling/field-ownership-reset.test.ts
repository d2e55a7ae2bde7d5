import t from 'tap'
import {
  apply,
  at,
  creator,
  entry,
  FIELD,
  FILLED,
  lastApplied,
  PINNED,
  T0,
  T1,
  table,
} from '../../support/ownership.ts'

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
