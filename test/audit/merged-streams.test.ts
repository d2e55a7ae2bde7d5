import t from 'tap'
import { runServe } from '../../src/cli/serve.ts'
import { runCli } from '../cli/support/run-cli.ts'
import { captured } from '../server/support/captured.ts'
import { tlsDir } from '../server/support/guard.ts'

t.test('what a container printed on both its outputs, in one stream, is verified', async t => {
  const stop = new AbortController()
  const both = captured(() => both.text().includes('serving reviews') && stop.abort())
  const io = { stdout: both.stream, stderr: both.stream, env: {}, now: () => new Date() }
  const free = { host: '127.0.0.1', port: '0', opsPort: '0', cluster: 'none', shutdownDelay: '0' }
  t.equal(await runServe({ ...free, tlsDir: tlsDir(t), auditFile: '-' }, io, stop.signal), 0)
  const { code, out } = await runCli(['audit', 'verify', '-'], { stdin: both.text() })
  t.equal(code, 0, out)
  t.match(out, /^verified: records 1 to \d, /)
  t.match(out, /^passed over: \d+ lines? of the program's own log$/m)
})
