import { printable } from '../core/json.ts'
import { InputError } from '../input-error.ts'

// Beyond that nobody reads on.
const LONGEST = 2000

/** Says on standard error why a command ended early; the exit code is 3 for what was given to it, 4 for a fault of ours. */
export function explainFailure(
  error: Error,
  { stderr }: { readonly stderr: { write(text: string): unknown } },
): 3 | 4 {
  if (error instanceof InputError) {
    // Names of files and settings are anybody's, and this is a terminal.
    const lines = error.message.split('\n').map(line => printable(line, LONGEST))
    stderr.write(`error: ${lines.join('\n')}\n`)
    return 3
  }
  stderr.write(`internal error: ${error.stack ?? error.message}\n`)
  return 4
}
