/** Something on the command line that cannot be honoured: one sentence for whoever typed it, and exit code 3. */
export class InputError extends Error {
  readonly code = 'BAD_INPUT'
}
