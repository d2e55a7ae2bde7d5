import { packageFile } from './package-file.ts'

/** A text as one word of a POSIX shell. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/**
 * How a shell in any folder runs this program. Not by npx: outside the checkout that would ask a registry for a package of the
 * name, which anybody may have put there.
 */
export function thisProgram(): string {
  return quoted(packageFile('bin/migration-guard.js') ?? 'migration-guard')
}
