import * as promises from 'node:fs/promises'
import t from 'tap'
import { fileSystemFor } from '../../src/audit/file-system-for.ts'

// The names are those of `stat -f -c %T`.
const TYPES: readonly (readonly [name: string, type: number, local: boolean])[] = [
  ['ext2/ext3', 0xef53, true],
  ['xfs', 0x58465342, true],
  ['btrfs', 0x9123683e, true],
  ['tmpfs', 0x01021994, true],
  ['overlayfs', 0x794c7630, true],
  ['nfs', 0x6969, false],
  ['ceph', 0x00c36400, false],
  ['cifs', 0xff534d42, false],
  ['smb2', 0xfe534d42, false],
  ['fuseblk', 0x65735546, false],
  ['v9fs', 0x01021997, false],
  ['one that is not known', 0x12345678, false],
]

for (const [name, type, local] of TYPES)
  t.test(`on ${name} the event loop ${local ? 'may wait' : 'never waits'} for a write`, async t => {
    const asked: string[] = []
    const fs = await fileSystemFor('/logs/audit.jsonl', async path => {
      asked.push(path)
      return { type }
    })
    t.same(asked, ['/logs'])
    t.equal(fs.open === promises.open, !local)
    t.equal(fs.stat === promises.stat, !local)
  })

t.test('a write at once is the same write', async t => {
  const dir = t.testdir()
  const path = `${dir}/audit.jsonl`
  const fs = await fileSystemFor(path, async () => ({ type: 0xef53 }))
  const handle = await fs.open(path, 'a', 0o600)
  t.match(await handle.write(Buffer.from('one\n'), 0, 4), { bytesWritten: 4 })
  t.equal((await fs.stat(path)).size, 4)
  await handle.close()
  t.equal(await promises.readFile(path, 'utf8'), 'one\n')
  await t.rejects(fs.stat(`${path}.none`), { code: 'ENOENT' })
})
