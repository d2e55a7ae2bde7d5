// The tests of the core in one process. Each of its files takes a fraction of a second, most of it to start; alone they run as
// any other: npx tap test/core/quantity.test.ts
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

for (const folder of ['core', 'core/rules']) {
  const path = join(import.meta.dirname, folder)
  // The properties take seconds, and run beside.
  const names = readdirSync(path).filter(name => /^(?!properties-).*\.test\.ts$/.test(name))
  for (const name of names.sort()) await import(join(path, name))
}
