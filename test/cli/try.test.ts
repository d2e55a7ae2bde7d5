import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { runCli } from './support/run-cli.ts'

t.test('an audit log that cannot be written is named before anything is started', async t => {
  const folder = t.testdir({ there: '' })
  // Nothing could be started with these: they are not even looked at.
  const env = { KUBEBUILDER_ASSETS: folder }
  for (const [file, reason] of [
    [join(folder, 'no', 'such', 'log'), 'cannot be made there: there is no such folder'],
    [join(folder, 'there', 'log'), 'part of the path is a file, not a folder'],
    [folder, 'is a folder, not a file'],
  ] as const) {
    const { code, out, err } = await runCli(['try', '--audit-file', file], { env })
    t.equal(code, 3)
    t.equal(out, '')
    t.equal(err, `error: audit log ${file}: ${reason}. --audit-file can name another file\n`)
  }
  writeFileSync(join(folder, 'log'), '')
  const { err } = await runCli(['try', '--audit-file', join(folder, 'log')], { env })
  t.match(err, 'there is no executable kube-apiserver, etcd, kubectl in it.')
})
