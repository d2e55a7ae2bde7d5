// What a cluster of 100,000 VMs costs the guard: memory, time to the first facts, time from an event to new facts, and
// whether a decision takes longer. Usage: npm run bench:facts [-- VMs]
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from '../src/cluster/api-client.ts'
import { type ClusterFactsSource, watchCluster } from '../src/cluster/cluster-facts-source.ts'
import { decide } from '../src/core/decision.ts'
import type { ClusterFacts } from '../src/core/facts/cluster-facts.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'
import { contextOf, recordedReview, requestIn } from '../test/support/decide.ts'
import { median } from './median.ts'
import { type Resident, residentOf } from './resident.ts'

const ROUNDS = 3
const DECISIONS = 5000
const count = Number(process.argv[2] ?? 100_000)
const few = await startCluster(0)
const many = await startCluster(count)
try {
  await memory()
  await time()
} finally {
  for (const { server } of [few, many]) server.kill()
}
process.exit(0)

type Cluster = { readonly server: ChildProcess; readonly port: number }

async function startCluster(vms: number): Promise<Cluster> {
  const server = fork(`${import.meta.dirname}/servers/large-cluster.ts`, [String(vms)])
  const [port] = (await once(server, 'message')) as [number]
  return { server, port }
}

async function memory(): Promise<void> {
  const without: Resident[] = []
  const with_: Resident[] = []
  for (let round = 0; round < ROUNDS; round++) {
    without.push(await residentOf(few.port))
    with_.push(await residentOf(many.port))
  }
  const of = (all: readonly Resident[], which: keyof Resident) => median(all.map(one => one[which]))
  const more = of(with_, 'rest') - of(without, 'rest')
  report('resident without a VM', of(without, 'rest'), 'MB')
  report(`resident with ${count} VMs`, of(with_, 'rest'), 'MB', 'the image, median of three')
  report('... more', more, 'MB', `target < 60: ${more < 60 ? 'met' : 'MISSED'}`)
  report('highest while the list is read', of(with_, 'peak'), 'MB')
}

async function time(): Promise<void> {
  const small = watch(few)
  while (!small.current().synced) await sleep(5)
  const before = used()
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  const source = watch(many)
  while (!source.current().synced) await sleep(5)
  report('first facts after', performance.now() - start, 'ms')
  report('longest pause of the event loop', delay.max / 1e6, 'ms')
  report('heap', (used() - before) / 1e6, 'MB')
  surveys(source.facts)
  decisions(small.current(), source.current())
  await sleep(1000)
  report('from an event to facts, at rest', await touch(source, many.server), 'ms')
  report('... and right after that one', await touch(source, many.server), 'ms')
  await Promise.all([source.close(), small.close()])
}

function watch({ port }: Cluster): ClusterFactsSource {
  const cluster = { name: 'bench', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }
  const access = { getCurrentCluster: () => cluster, applyToHTTPSOptions: async () => {} }
  return watchCluster(createApiClient(access), { namespace: 'openshift-cnv' })
}

function surveys(facts: (policy: typeof DEFAULT_POLICY) => ClusterFacts): void {
  const times = Array.from({ length: 20 }, () => timed(() => facts({ ...DEFAULT_POLICY })))
  report('survey, median of 20', median(times), 'ms')
  report('survey, worst of 20', Math.max(...times), 'ms')
}

// In turn, so that whatever else the machine does hits both.
function decisions(small: ClusterFacts, large: ClusterFacts): void {
  const request = requestIn(recordedReview('1.20-v1/patch-json-post-copy'))
  const judge = (facts: ClusterFacts) =>
    timed(() => decide('validate', request, contextOf({ facts })))
  for (let warm = 0; warm < DECISIONS; warm++) judge(warm % 2 === 0 ? small : large)
  const times: [number, number][] = []
  for (let round = 0; round < DECISIONS; round++) times.push([judge(small), judge(large)])
  const [without, with_] = [median(times.map(([one]) => one)), median(times.map(([, one]) => one))]
  const ratio = with_ / without
  report('decision without a VM', without * 1000, 'µs', `median of ${DECISIONS}`)
  report(`decision with ${count} VMs`, with_ * 1000, 'µs')
  report('... ratio', ratio, '', `target ≤ 1.1: ${ratio <= 1.1 ? 'met' : 'MISSED'}`)
}

async function touch(source: ClusterFactsSource, server: ChildProcess): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<unknown>()
  const forget = source.onChange(resolve)
  const sent = performance.now()
  server.send('touch')
  await promise
  forget()
  return performance.now() - sent
}

function timed(work: () => unknown): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

function used(): number {
  const { gc } = globalThis as { gc?: () => void }
  if (!gc) throw new Error('run with --expose-gc')
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function report(what: string, value: number, unit: string, note = ''): void {
  const line = `${what.padEnd(34)}${value.toFixed(value < 10 ? 2 : 1).padStart(9)} ${unit.padEnd(3)} ${note}`
  process.stdout.write(`${line.trimEnd()}\n`)
}
