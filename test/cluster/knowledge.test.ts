import t from 'tap'
import { describeKnowledge, isKnown, knownUntil } from '../../src/cluster/knowledge.ts'
import type { ReflectorStatus } from '../../src/cluster/reflector.ts'

const status = (kind: string, changes: Partial<ReflectorStatus> = {}): ReflectorStatus => ({
  kind,
  synced: true,
  missing: false,
  lastEvent: 50_000,
  objects: 1,
  relists: 0,
  problem: null,
  ...changes,
})

t.test('a kind is known once it was listed, or when it is not installed', t => {
  t.equal(isKnown(status('A')), true)
  t.equal(isKnown(status('A', { synced: false, missing: true })), true)
  t.equal(isKnown(status('A', { synced: false })), false)
  t.end()
})

t.test('all is known up to the oldest of the last signs of life', t => {
  t.equal(knownUntil([status('A'), status('B', { lastEvent: 20_000 })]), 20_000)
  t.equal(knownUntil([status('A'), status('B', { lastEvent: null })]), null)
  t.end()
})

const DOWN = { problem: 'the connection broke off' }
for (const [kinds, line] of [
  [[status('A'), status('B')], 'the cluster is known as of 10 s ago'],
  [[status('A'), status('B', { synced: false })], 'waiting for B'],
  [
    [status('A', { ...DOWN, synced: false }), status('B', { ...DOWN, synced: false }), status('C')],
    'waiting for A, B (the connection broke off)',
  ],
  [
    [
      status('A'),
      status('B', { synced: false, missing: true }),
      status('C', DOWN),
      status('D', { problem: 'HTTP 403: no' }),
    ],
    'the cluster is known as of 10 s ago; not installed: B; not followed: C (the connection broke off); D (HTTP 403: no)',
  ],
] as const)
  t.test(`"${line}"`, t => {
    t.equal(describeKnowledge(kinds, 60_000), line)
    t.end()
  })
