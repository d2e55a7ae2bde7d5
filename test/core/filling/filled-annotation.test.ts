import t from 'tap'
import type { DecisionContext } from '../../../src/core/decision-context.ts'
import { readFilled } from '../../../src/core/filling/filled-annotation.ts'
import { DEFAULT_POLICY } from '../../../src/core/policy.ts'
import { notesOf } from '../../support/decide.ts'
import { stored } from '../../support/eras.ts'
import { FILLED, HEAVY, mutated, PINNED, patched } from '../../support/mutated.ts'
import { annotationsOf, factsOf, type Texts, type Values, vmi } from '../../support/review.ts'

t.test('what was filled is recorded, in both versions, and goes when its value goes', t => {
  for (const version of ['v1', 'v1beta1'] as const) {
    const object = stored('1.20', {}, {}, version)
    const after = patched(object, mutated(object, null, HEAVY))
    t.equal(
      annotationsOf(after)[FILLED],
      'bandwidthPerMigration=0Mi,allowPostCopy=true,allowWorkloadDisruption=true',
    )
    const path =
      version === 'v1' ? '/spec/virtualization/liveMigrationConfig' : '/spec/liveMigrationConfig'
    t.equal(mutated(object, null, HEAVY).patch[0]?.path, `${path}/bandwidthPerMigration`)
  }
  const recorded = { [FILLED]: 'bandwidthPerMigration=0Mi,parallelOutboundMigrationsPerNode=1' }
  const before = stored(
    '1.17',
    { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 },
    recorded,
  )
  const changed = stored(
    '1.17',
    { bandwidthPerMigration: '64Mi', parallelOutboundMigrationsPerNode: 1 },
    recorded,
  )
  t.equal(
    annotationsOf(patched(changed, mutated(changed, before)))[FILLED],
    'parallelOutboundMigrationsPerNode=1',
  )
  const all = stored(
    '1.17',
    { bandwidthPerMigration: '64Mi', parallelOutboundMigrationsPerNode: 3 },
    recorded,
  )
  t.equal(FILLED in annotationsOf(patched(all, mutated(all, before))), false, 'the last one')
  t.end()
})

t.test('a record that somebody wrote is read with care', t => {
  t.same([...readFilled(undefined)], [])
  t.same(
    [...readFilled(' network = a=b , x=1,=2,progressTimeout,allowPostCopy=,network=c')],
    [
      ['network', 'c'],
      ['allowPostCopy', ''],
    ],
  )
  const lies = { [FILLED]: 'network=undefined,allowPostCopy=null,progressTimeout=7' }
  const before = stored('1.17', { allowPostCopy: null })
  const object = stored('1.17', { allowPostCopy: null }, lies)
  const text = annotationsOf(patched(object, mutated(object, before)))[FILLED]
  t.equal(text, 'bandwidthPerMigration=0Mi,allowPostCopy=true', 'the object was never defaulted')
  t.end()
})

t.test('what a user puts back to stock is pinned, until it leaves stock', t => {
  const filled = { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 }
  const record = { [FILLED]: 'bandwidthPerMigration=0Mi,parallelOutboundMigrationsPerNode=1' }
  const old = stored('1.17', filled, record)
  const reset = stored('1.17', { ...filled, parallelOutboundMigrationsPerNode: 2 }, record)
  const pinned = patched(reset, mutated(reset, old))
  t.same(annotationsOf(pinned), {
    [FILLED]: 'bandwidthPerMigration=0Mi',
    [PINNED]: 'parallelOutboundMigrationsPerNode',
  })
  const later = { ...pinned, spec: { ...(pinned.spec as Values), featureGates: {} } }
  t.same(mutated(later, pinned).patch, [], 'later edits leave it')
  const raised = stored(
    '1.17',
    { ...filled, parallelOutboundMigrationsPerNode: 3 },
    annotationsOf(pinned),
  )
  t.equal(PINNED in annotationsOf(patched(raised, mutated(raised, pinned))), false)
  t.end()
})

t.test('what is recorded although its value stays is told, once', t => {
  const old = stored(
    '1.17',
    { parallelMigrationsPerCluster: 7 },
    { [FILLED]: 'progressTimeout=150' },
  )
  const recorded = /^parallelMigrationsPerCluster is back at 5, its default/
  const cases: readonly (readonly [name: string, annotations: Texts, says: RegExp])[] = [
    ['by a file', {}, /, as the file does not name it: recorded in migration-guard\.io\/filled$/],
    [
      'by hand',
      { [FILLED]: 'progressTimeout=150' },
      /, which is kept as your wish: recorded in migration-guard\.io\/pinned$/,
    ],
  ]
  for (const [name, annotations, says] of cases) {
    const object = stored('1.17', {}, annotations)
    const first = mutated(object, old)
    const told = notesOf(first).filter(text => recorded.test(text))
    t.equal(told.length, 1, name)
    t.match(told[0], says, name)
    const again = notesOf(mutated(patched(object, first), old))
    t.same(
      again.filter(text => recorded.test(text)),
      [],
      `${name}, when asked again`,
    )
    for (const filling of ['suggest', 'off'] as const) {
      const policy = { ...DEFAULT_POLICY, filling }
      t.notMatch(notesOf(mutated(object, old, { policy })).join('\n'), 'is back at', filling)
    }
  }
  t.end()
})

t.test('nothing is pinned that is never filled, or where nothing is', t => {
  const old = stored('1.17', { allowAutoConverge: true, parallelOutboundMigrationsPerNode: 1 })
  const reset = stored('1.17')
  const pinned = (context: Partial<DecisionContext>) =>
    annotationsOf(patched(reset, mutated(reset, old, context)))[PINNED]
  t.equal(pinned({}), 'parallelOutboundMigrationsPerNode')
  t.equal(pinned({ facts: factsOf([vmi('small')]) }), undefined)
  t.end()
})

t.test('an annotation of ours that says the same in other words is left as it is', t => {
  const pins = 'progressTimeout, parallelMigrationsPerCluster'
  const object = stored('1.20', { bandwidthPerMigration: '0Mi' }, { [PINNED]: pins })
  t.same(mutated(object).patch, [], 'pinned')
  const record = 'parallelOutboundMigrationsPerNode=1, bandwidthPerMigration=0Mi'
  const filled = stored(
    '1.17',
    { bandwidthPerMigration: '0Mi', parallelOutboundMigrationsPerNode: 1 },
    { [FILLED]: record },
  )
  t.same(mutated(filled).patch, [], 'filled')
  t.end()
})

t.test('an annotation of ours that a manifest names is the manifest’s', t => {
  const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'
  const annotations = {
    [PINNED]: 'parallelOutboundMigrationsPerNode',
    [FILLED]: 'progressTimeout=7',
  }
  const settings = { bandwidthPerMigration: '1Gi', parallelOutboundMigrationsPerNode: 3 }
  const applied = JSON.stringify(stored('1.17', {}, annotations))
  const bySide = stored('1.17', settings, { ...annotations, [LAST_APPLIED]: applied })
  t.same(mutated(bySide).patch, [], 'by a client-side apply')
  const fields = Object.fromEntries(Object.keys(annotations).map(key => [`f:${key}`, {}]))
  const entry = {
    manager: 'kubectl',
    operation: 'Apply',
    time: '2026-11-23T08:00:00Z',
    fieldsV1: { 'f:metadata': { 'f:annotations': fields } },
  }
  const byServer = stored('1.17', settings, annotations, 'v1beta1', { managedFields: [entry] })
  t.same(mutated(byServer).patch, [], 'by a server-side apply')
  t.equal(mutated(stored('1.17', settings, annotations)).patch.length, 2, 'but otherwise ours')
  t.end()
})

t.test('what only a gap shows to be the user’s is pinned when filling closes the gap', t => {
  const gap = stored('1.17', { completionTimeoutPerGiB: undefined })
  const after = patched(gap, mutated(gap, null, HEAVY))
  t.same(annotationsOf(after), {
    [FILLED]: 'bandwidthPerMigration=0Mi,completionTimeoutPerGiB=150',
    [PINNED]:
      'parallelMigrationsPerCluster,parallelOutboundMigrationsPerNode,progressTimeout,allowPostCopy',
  })
  t.same(mutated(after, null, HEAVY).patch, [])
  t.end()
})

t.test('a file put over the same file again keeps what was filled, disruption included', t => {
  const file = { allowPostCopy: true }
  const object = stored('1.20', file)
  const filled = patched(object, mutated(object, null, HEAVY))
  const again = patched(object, mutated(object, filled, HEAVY))
  t.same(again, filled)
  t.end()
})
