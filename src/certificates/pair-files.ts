import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What one file held, or why it could not be read. */
export type FileContent = string | NodeJS.ErrnoException

/** The three files of a TLS directory as they were at one moment. */
export type PairFiles = {
  readonly dir: string
  readonly cert: FileContent
  readonly key: FileContent
  readonly ca: FileContent
  readonly digest: string
}

/**
 * Reads tls.crt, tls.key and ca.crt, whatever is there. Synchronously, so that little time lies between
 * the files: they are small and usually in memory (Secrets are mounted as tmpfs).
 */
export function readPairFiles(dir: string): PairFiles {
  const [cert, key, ca] = [read(dir, 'tls.crt'), read(dir, 'tls.key'), read(dir, 'ca.crt')]
  return { dir, cert, key, ca, digest: digestOf([cert, key, ca]) }
}

function read(dir: string, name: string): FileContent {
  try {
    return readFileSync(join(dir, name), 'utf8')
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

function digestOf(contents: readonly FileContent[]): string {
  const hash = createHash('sha256')
  for (const content of contents) hash.update(JSON.stringify(stated(content)))
  return hash.digest('hex')
}

function stated(content: FileContent) {
  return typeof content === 'string' ? { content } : { error: content.code }
}
