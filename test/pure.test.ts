// The tests of what touches no file, clock or network, in one process. Each of their files takes a fraction of a second, most of
// it to start; alone they run as any other: npx tap test/core/quantity.test.ts
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

// The properties take seconds, and run beside; the others in test/policy read files.
const NOT_HERE = /^(properties-.*|load|watch)\.test\.ts$/

for (const folder of ['core', 'core/rules', 'policy', 'ways-around', 'yaml']) {
  const path = join(import.meta.dirname, folder)
  const names = readdirSync(path).filter(name => name.endsWith('.test.ts') && !NOT_HERE.test(name))
  for (const name of names.sort()) await import(join(path, name))
}
