// What a cluster of 100,000 VMs costs the guard: memory, time to the first facts, time from an event to new facts.
// Usage: node --expose-gc --max-semi-space-size=4 bench/facts.ts [VMs]
// Without the limit V8 grows its young generation while it reads the list, and keeps 130 MB that hold nothing.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { createApiClient } from '../src/cluster/api-client.ts'
import { type ClusterFactsSource, watchCluster } from '../src/cluster/cluster-facts-source.ts'
import type { ClusterFacts } from '../src/core/cluster-facts.ts'
import { DEFAULT_POLICY } from '../src/core/policy.ts'

const VMS = '/apis/kubevirt.io/v1/virtualmachineinstances'
const count = Number(process.argv[2] ?? 100_000)
if (process.send) await serve()
else await measure()

async function measure(): Promise<void> {
  const server = fork(import.meta.filename, [String(count)])
  const [port] = (await once(server, 'message')) as [number]
  const cluster = { name: 'bench', server: `http://127.0.0.1:${port}`, skipTLSVerify: true }
  const access = { getCurrentCluster: () => cluster, applyToHTTPSOptions: async () => {} }
  const before = { heap: used(), resident: process.memoryUsage.rss() }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const start = performance.now()
  const source = watchCluster(createApiClient(access), { namespace: 'openshift-cnv' })
  while (!source.current().synced) await sleep(5)
  report('first facts after', performance.now() - start, 'ms')
  report('longest pause of the event loop', delay.max / 1e6, 'ms')
  report('heap', (used() - before.heap) / 1e6, 'MB')
  report('resident', (process.memoryUsage.rss() - before.resident) / 1e6, 'MB')
  surveys(source.facts)
  await sleep(1000)
  report('from an event to facts, at rest', await touch(source, server), 'ms')
  report('... and right after that one', await touch(source, server), 'ms')
  await source.close()
  server.kill()
  process.exit(0)
}

function surveys(facts: (policy: typeof DEFAULT_POLICY) => ClusterFacts): void {
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now()
    facts({ ...DEFAULT_POLICY })
    return performance.now() - start
  }).sort((left, right) => left - right)
  report('survey, median of 20', times[10] ?? 0, 'ms')
  report('survey, worst of 20', times[19] ?? 0, 'ms')
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

function used(): number {
  const { gc } = globalThis as { gc?: () => void }
  if (!gc) throw new Error('run with --expose-gc')
  gc()
  gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function report(what: string, value: number, unit: string): void {
  process.stdout.write(`${what.padEnd(34)}${value.toFixed(1).padStart(9)} ${unit}\n`)
}

// The API server has a process, and thereby a heap, of its own.
async function serve(): Promise<void> {
  const watches: ServerResponse[] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    response.writeHead(200, { 'content-type': 'application/json' })
    if (searchParams.get('watch') === 'true') {
      response.flushHeaders()
      if (pathname === VMS) watches.push(response)
    } else response.end(page(pathname, Number(searchParams.get('continue') ?? 0)))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  let changes = 0
  process.on('message', () => {
    const labels = { changed: String(++changes) }
    const object = { ...vm(1), metadata: { ...vm(1).metadata, labels } }
    for (const watch of watches) watch.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
  })
  process.send?.((server.address() as AddressInfo).port)
}

function page(path: string, from: number): string {
  const metadata = { resourceVersion: '4711' }
  if (path === '/api/v1/namespaces') {
    const items = Array.from({ length: 500 }, (_item, number) => namespace(number))
    return JSON.stringify({ metadata, items })
  }
  if (path !== VMS) return JSON.stringify({ metadata, items: [] })
  const next = Math.min(from + 500, count)
  const items = Array.from({ length: next - from }, (_item, index) => vm(from + index))
  const more = next < count ? { continue: String(next) } : {}
  return JSON.stringify({ metadata: { ...metadata, ...more }, items })
}

function namespace(number: number) {
  const name = `project-${number}`
  return { metadata: { name, labels: { 'kubernetes.io/metadata.name': name } } }
}

// Labels and annotations as KubeVirt and the OpenShift templates write them; managedFields stand for the rest.
function vm(number: number) {
  const name = `vm-${String(number).padStart(6, '0')}-rhel9`
  return {
    metadata: {
      name,
      namespace: `project-${number % 500}`,
      uid: `5f6f1f9c-54b5-4f4c-9c47-${String(number).padStart(12, '0')}`,
      resourceVersion: String(number),
      labels: {
        'kubevirt.io/domain': name,
        'kubevirt.io/nodeName': `worker-${number % 800}.cluster.example`,
        'kubevirt.io/size': 'small',
        'network.kubevirt.io/headlessService': 'headless',
        'vm.kubevirt.io/name': name,
        app: `app-${number % 3000}`,
        ...(number % 1000 === 0 && { 'migration-guard.io/data': 'critical' }),
      },
      annotations: {
        'kubevirt.io/cluster-instancetype-name': number % 50 === 0 ? 'm1.large' : 'u1.medium',
        'kubevirt.io/latest-observed-api-version': 'v1',
        'kubevirt.io/vm-generation': '2',
        'vm.kubevirt.io/os': 'rhel9',
        'vm.kubevirt.io/workload': 'server',
      },
      managedFields: Array.from({ length: 3 }, () => ({ manager: 'virt', fieldsV1: FIELDS })),
    },
  }
}

const FIELDS = Object.fromEntries(Array.from({ length: 12 }, (_key, key) => [`f:field${key}`, {}]))
