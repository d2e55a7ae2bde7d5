import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

const TEST = join(import.meta.dirname, '..')

/**
 * Runs the test files of folders under test/ in this process, but for those with these names. A process of its own for each
 * file would spend more time on starting than on testing.
 */
export async function runFolders(folders: readonly string[], notHere?: RegExp): Promise<void> {
  for (const folder of folders) {
    const names = readdirSync(join(TEST, folder), { recursive: true, encoding: 'utf8' })
    for (const name of names.sort())
      if (name.endsWith('.test.ts') && !notHere?.test(basename(name)))
        await import(join(TEST, folder, name))
  }
}
