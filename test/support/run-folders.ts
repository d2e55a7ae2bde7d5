import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

const ROOT = join(import.meta.dirname, '../..')

/** The test files that have a process of their own, relative to the root: what .taprc names. */
export function filesApart(): ReadonlySet<string> {
  const { include } = parse(readFileSync(join(ROOT, '.taprc'), 'utf8')) as { include: string[] }
  return new Set(include.flatMap(pattern => globSync(pattern, { cwd: ROOT })))
}

/** The other test files of a folder under test/, relative to the root. */
export function filesOf(folder: string): readonly string[] {
  const apart = filesApart()
  return globSync(`test/${folder}/**/*.test.ts`, { cwd: ROOT })
    .filter(file => !apart.has(file) && !file.includes('/support/'))
    .sort()
}

/** Runs folders of tests in this process: one for each file would spend more time on starting than on testing. */
export async function runFolders(...folders: readonly string[]): Promise<void> {
  for (const file of folders.flatMap(filesOf)) await import(join(ROOT, file))
}
