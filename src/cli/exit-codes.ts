/** What a command ends with. */
export type ExitCode = 0 | 1 | 2 | 3 | 4

/** The exit codes as the help and the docs list them. */
export const EXIT_CODES: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [0, 'clean'],
  [1, 'denied (check), or an audit log that does not verify'],
  [2, 'warnings, with --strict'],
  [3, 'bad input: the command line, a file that cannot be read, nothing to check'],
  [4, 'internal error'],
]

const OUR_FAULT: ExitCode = 4

/** The paragraph of a command's help that tells what it ends with. */
export function exitCodesOf(meanings: Readonly<Partial<Record<ExitCode, string>>>): string {
  const all = { ...meanings, [OUR_FAULT]: 'internal error' }
  const lines = Object.entries(all).map(([code, meaning]) => `  ${code}  ${meaning}`)
  return ['Exit codes:', ...lines].join('\n')
}
