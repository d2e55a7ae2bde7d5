import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lockLog } from '../../src/audit/file-lock.ts'
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

t.test(
  'a file that is no log, or is being written, is named before, and left as it is',
  async t => {
    const folder = t.testdir({ 'notes.txt': 'not a record\n', busy: '' })
    const env = { KUBEBUILDER_ASSETS: folder }
    const attempt = (name: string) =>
      runCli(['try', '--demo', '--audit-file', join(folder, name)], { env })
    const { code, err } = await attempt('notes.txt')
    t.equal(code, 3)
    t.match(err, /^error: audit log \S+notes\.txt: the last record cannot be verified: /)
    t.same(readdirSync(folder).sort(), ['busy', 'notes.txt'], 'no lock is left')
    const lock = lockLog(join(folder, 'busy'))
    t.match((await attempt('busy')).err, /^error: audit log \S+busy: it is being written already;/)
    lock.release()
    t.match((await attempt('busy')).err, 'there is no executable kube-apiserver')
  },
)
