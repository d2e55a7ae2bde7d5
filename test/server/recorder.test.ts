import { existsSync } from 'node:fs'
import t from 'tap'
import { openFileSink } from '../../src/audit/file-sink.ts'
import { fileSource } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'
import { type ClusterFacts, NO_FACTS } from '../../src/core/facts/cluster-facts.ts'
import { DEFAULT_POLICY } from '../../src/core/policy.ts'
import { toFactsDocument } from '../../src/server/recording/facts-document.ts'
import { openRecorder, type RecorderParts } from '../../src/server/recording/recorder.ts'
import { faultyFs } from '../audit/support/faulty-fs.ts'
import { fromFactsDocument } from '../audit/support/from-facts-document.ts'
import { NOW } from '../support/decide.ts'
import { factsOf, migrationPolicy, network, vmi } from '../support/review.ts'
import { answerer, memorySink } from './support/parts.ts'
import { recordsIn } from './support/records.ts'
import { updateReview } from './support/review.ts'

const review = updateReview({}, { parallelMigrationsPerCluster: 6 })
const parts: Omit<RecorderParts, 'open'> = {
  replica: 'guard-0',
  version: '1.2.3',
  now: () => NOW,
  configuration: { port: 8443 },
  observe: () => {},
}

t.test('facts are recorded again only when they say something else', async t => {
  let facts: ClusterFacts = NO_FACTS
  const { put, log } = await answerer({ facts: () => facts })
  const types = () => log.entries.map(({ type }) => type).join(' ')
  await put(review)
  facts = { ...NO_FACTS, asOf: NOW }
  await put(review)
  t.equal(types(), 'start policy facts decision decision')
  facts = factsOf([network('wan', 'unstable')])
  await put(review)
  t.equal(types(), 'start policy facts decision decision facts decision')
  const [, , first, , , second, last] = log.entries
  t.not(first?.factsHash, second?.factsHash)
  t.equal(last?.factsHash, second?.factsHash)
  t.same(
    log.entries.filter(({ type }) => type === 'decision').map(({ factsAsOf }) => factsAsOf),
    [null, new Date(NOW).toISOString(), new Date(NOW).toISOString()],
    'how old they were stands in each decision',
  )
})

t.test('facts survive the way into the log and back', async t => {
  const facts = factsOf([
    network('wan', 'unstable'),
    network('lan'),
    vmi('oracle', { 'migration-guard.io/data': 'critical', app: 'db' }),
    vmi('web', { 'migration-guard.io/workload': 'heavy' }),
    migrationPolicy('fast', {
      allowPostCopy: true,
      bandwidthPerMigration: '1500m',
      selectors: { virtualMachineInstanceSelector: { app: 'db' } },
    }),
    migrationPolicy('nobody', {}),
  ])
  const document = JSON.parse(JSON.stringify(toFactsDocument(facts)))
  const critical = [{ name: 'db/oracle', labels: { app: 'db' }, namespaceLabels: {} }]
  const workloads = { ...facts.workloads, critical }
  t.same(fromFactsDocument(document, 'cluster'), { ...facts, workloads, asOf: null })
  t.strictSame(fromFactsDocument({}, 'none'), NO_FACTS)
})

t.test(
  'the HCO version of the command line is recorded with the policy that it changes',
  async t => {
    const { sink, entries } = memorySink()
    const recorder = await openRecorder({ ...parts, open: async () => sink })
    recorder.policy({ hash: 'abc', source: 'p.yaml', text: 'x', hcoVersion: '1.17' })
    t.match(entries[1], {
      type: 'policy',
      policyHash: 'abc',
      hcoVersion: '1.17',
      replica: 'guard-0',
    })
  },
)

t.test('a disk that is full for a while costs refusals, not the chain', async t => {
  const path = `${t.testdir({})}/audit.jsonl`
  let full = false
  const { fs } = faultyFs(call => (full && call === 'write' ? 'ENOSPC' : undefined))
  const recorder = await openRecorder({
    ...parts,
    open: preamble => openFileSink({ path, preamble, fs }),
  })
  const { put, unrecorded } = await answerer({ recorder })
  const place = async () => (await put(review)).auditAnnotations.record
  const before = await place()
  full = true
  const refused = await put(review)
  t.match(refused, { allowed: false, status: { code: 500, message: /ENOSPC.*Free space/ } })
  t.equal(recorder.status().healthy, false)
  full = false
  const after = await place()
  await recorder.close()
  t.equal(unrecorded.length, 1)
  const records = recordsIn(path)
  t.same(
    records.map(({ type }) => type),
    ['start', 'policy', 'facts', 'decision', 'policy', 'facts', 'decision', 'stop'],
  )
  const places = records.map(({ sequence, hash }) => `${sequence}:${hash}`)
  t.same([places[3], places[6]], [before, after])
  t.equal((await verifyLog([fileSource(path)])).problem, null)
  t.equal(DEFAULT_POLICY.audit.onFailure, 'deny')
  t.ok(existsSync(path))
})
