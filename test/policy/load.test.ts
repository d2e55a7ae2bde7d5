import { chmod, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { getuid } from 'node:process'
import { Readable } from 'node:stream'
import t from 'tap'
import { loadPolicy } from '../../src/policy/load.ts'

const TEXT = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\nprofile: heavy\n'

function problem(message: string, line = 0, column = 0): object {
  return { problems: [{ line, column, path: '', message }] }
}

t.test('a policy is read from a file, through a link, from standard input', async t => {
  const folder = t.testdir({ 'policy.yaml': TEXT })
  const file = path.join(folder, 'policy.yaml')
  const link = path.join(folder, 'link.yaml')
  await symlink('policy.yaml', link)
  const expected = { policy: { profile: 'heavy' }, text: TEXT, hash: /^[0-9a-f]{64}$/ }
  t.match(await loadPolicy(file), { source: file, ...expected })
  t.match(await loadPolicy(link), { source: link, ...expected })
  t.match(await loadPolicy('-', Readable.from([Buffer.from(TEXT)])), {
    source: '<stdin>',
    ...expected,
  })
  t.match(await loadPolicy('-', Readable.from([TEXT.slice(0, 9), TEXT.slice(9)])), expected)
})

t.test('a file that cannot be read is a problem of the whole file', async t => {
  const folder = t.testdir({ 'policy.yaml': TEXT, 'latin1.yaml': '' })
  const file = path.join(folder, 'policy.yaml')
  t.match(await loadPolicy(path.join(folder, 'none.yaml')), problem('there is no such file'))
  t.match(await loadPolicy(folder), problem('is a folder, not a file'))
  t.match(await loadPolicy('/dev/zero'), problem('is larger than 256 KiB'))
  t.match(await loadPolicy('/dev/null'), { problems: [{ line: 1, message: /^the file is empty/ }] })
  await writeFile(path.join(folder, 'latin1.yaml'), Buffer.from([0x61, 0xe9, 0x0a]))
  t.match(await loadPolicy(path.join(folder, 'latin1.yaml')), problem('is not UTF-8 text'))
  await symlink('circle', path.join(folder, 'circle'))
  t.match(await loadPolicy(path.join(folder, 'circle')), problem(/^cannot be read: ELOOP/ as never))
  await chmod(file, 0)
  const denied = getuid?.() === 0 ? { text: TEXT } : problem('may not be read (permission denied)')
  t.match(await loadPolicy(file), denied)
})
