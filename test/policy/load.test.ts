import { chmod, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { getuid } from 'node:process'
import { Readable } from 'node:stream'
import t from 'tap'
import { loadPolicy } from '../../src/policy/load.ts'

const TEXT = 'apiVersion: migration-guard.io/v1alpha1\nkind: MigrationGuardPolicy\nprofile: heavy\n'

function problem(source: string, message: string): object {
  return { source, problems: [{ line: 0, column: 0, path: '', message }] }
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
  const folder = t.testdir({ 'policy.yaml': TEXT })
  const at = (name: string) => path.join(folder, name)
  await writeFile(at('latin1'), Buffer.from([0x61, 0xe9, 0x0a]))
  await symlink('circle', at('circle'))
  await chmod(at('policy.yaml'), 0)
  const unreadable: readonly (readonly [file: string, message: string])[] = [
    [at('none'), 'there is no such file or folder'],
    [folder, 'is a folder, not a file'],
    ['/dev/zero', 'is larger than 256 KiB'],
    [at('latin1'), 'is not UTF-8 text'],
    [at('circle'), 'the symbolic link leads to itself'],
  ]
  for (const [file, message] of unreadable)
    t.strictSame(await loadPolicy(file), problem(file, message))
  // Root may read everything.
  const denied = problem(at('policy.yaml'), 'may not be read (permission denied)')
  t.match(await loadPolicy(at('policy.yaml')), getuid?.() === 0 ? { text: TEXT } : denied)
})
