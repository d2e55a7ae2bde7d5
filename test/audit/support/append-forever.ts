// Writes records until it is killed, and prints each one once it is on disk.
import { writeSync } from 'node:fs'
import { openFileSink } from '../../../src/audit/file-sink.ts'
import { entry } from './lines-of.ts'

const [path = ''] = process.argv.slice(2)
const sink = await openFileSink({ path, maxBytes: 100_000, preamble: () => [{ type: 'policy' }] })

async function writer(): Promise<never> {
  for (let number = 1; ; number++) {
    const { sequence, hash, durable } = sink.append(entry(number))
    await durable
    writeSync(1, `${sequence} ${hash}\n`)
  }
}

await Promise.all(Array.from({ length: 16 }, writer))
