// The API server of a cluster with many VMs, in a process and thereby a heap of its own. A parent starts it with the number
// of VMs, gets its port in a message, and sends a message to change one VM.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const VMS = '/apis/kubevirt.io/v1/virtualmachineinstances'
const count = Number(process.argv[2])
await serve()

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
