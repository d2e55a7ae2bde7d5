import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import t from 'tap'
import { openFileSink } from '../../src/audit/file-sink.ts'
import { fileSource, findLogFiles } from '../../src/audit/log-sources.ts'
import { verifyLog } from '../../src/audit/verify.ts'

/** Lets a process write the log and kills it; what it was told to be on disk, hashes by number. */
async function writeAndKill(path: string, records: number): Promise<Map<number, string>> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'support/append-forever.ts'), path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const told = new Map<number, string>()
  for await (const line of createInterface(child.stdout)) {
    const [sequence, hash = ''] = line.split(' ')
    told.set(Number(sequence), hash)
    if (told.size === records) child.kill('SIGKILL')
  }
  if (child.signalCode === null) await once(child, 'exit')
  return told
}

t.test(
  'every record that was called durable is there after kill -9, and the chain is whole',
  async t => {
    const path = join(t.testdir(), 'audit.jsonl')
    const told = new Map<number, string>()
    for (const records of [1, 300, 777]) {
      for (const [sequence, hash] of await writeAndKill(path, records)) told.set(sequence, hash)
    }
    const sink = await openFileSink({ path })
    await sink.append({ type: 'start' }).durable
    await sink.close()

    const files = await findLogFiles([path])
    const result = await verifyLog(files.map(fileSource))
    t.match(result, { problem: null, first: 1 })
    t.ok(files.length > 2, `${files.length} files`)
    const there = new Map<number, string>()
    for (const file of files) {
      for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
        const { sequence, hash } = JSON.parse(line)
        there.set(sequence, hash)
      }
    }
    t.ok(told.size >= 1078, `${told.size} records`)
    for (const [sequence, hash] of told)
      if (there.get(sequence) !== hash) t.fail(`record ${sequence}`)
  },
)
