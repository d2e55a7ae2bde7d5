// The tests of what touches no file, clock or network, in one process. Each of their files takes a fraction of a second, most of
// it to start; alone they run as any other: npx tap test/core/settings/quantity.test.ts
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

// The properties take seconds, and run beside; the others in test/policy read files.
const NOT_HERE = /^(properties-.*|load|watch)\.test\.ts$/

for (const folder of ['core', 'policy', 'ways-around', 'yaml']) {
  const path = join(import.meta.dirname, folder)
  const names = readdirSync(path, { recursive: true, encoding: 'utf8' })
  for (const name of names.sort())
    if (name.endsWith('.test.ts') && !NOT_HERE.test(basename(name))) await import(join(path, name))
}
