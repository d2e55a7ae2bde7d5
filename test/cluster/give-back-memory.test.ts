import { getHeapStatistics } from 'node:v8'
import t from 'tap'
import { giveBackMemory } from '../../src/cluster/give-back-memory.ts'

t.test('what nothing holds any more is given back to the system at once', t => {
  const before = getHeapStatistics().total_physical_size
  let garbage: unknown = Array.from({ length: 200 }, (_, n) => Array(20_000).fill(n + 0.5))
  const full = getHeapStatistics().total_physical_size
  t.ok(full > before + 20e6, `${full - before} bytes taken`)
  garbage = null
  giveBackMemory()
  giveBackMemory()
  const after = getHeapStatistics().total_physical_size
  t.ok(after < before + 5e6, `${after - before} bytes kept`)
  t.equal(garbage, null)
  t.equal((globalThis as { gc?: unknown }).gc, undefined, 'and nobody else can call the collector')
  t.end()
})
