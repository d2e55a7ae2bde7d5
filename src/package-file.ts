import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Path of a file or folder that comes with the program, undefined where it was installed without; `dist` holds the bundle as `src` this file. */
export function packageFile(path: string): string | undefined {
  const found = join(import.meta.dirname, '..', path)
  return existsSync(found) ? found : undefined
}
