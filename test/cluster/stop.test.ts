import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { startCluster } from './support/fake-cluster.ts'

const PROGRAM = `
import { openCluster } from './src/cluster/open-cluster.ts'
const cluster = { name: 'fake', server: process.argv[1], skipTLSVerify: true }
const access = { getCurrentCluster: () => cluster, applyToHTTPSOptions: async () => {} }
const world = openCluster(access, { namespace: 'openshift-cnv' })
const started = Date.now()
while (!world.current().synced) await new Promise(resolve => setTimeout(resolve, 5))
const request = { userInfo: { username: 'alice', uid: '', groups: [], extra: {} }, namespace: 'a' }
await world.approve(request, [{ name: 'x', field: '', action: '' }], new AbortController().signal)
await world.close()
process.stdout.write('closed')
`

t.test('after close nothing keeps a process alive', async t => {
  const server = await startCluster(t, ['networks'])
  const args = ['--input-type=module-typescript', '--eval', PROGRAM, server.url]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.on('data', chunk => {
    output += chunk
  })
  const hang = setTimeout(() => child.kill(), 10_000)
  const [code] = await once(child, 'exit')
  clearTimeout(hang)
  t.equal(output, 'closed')
  t.equal(code, 0, 'it ended by itself')
})
