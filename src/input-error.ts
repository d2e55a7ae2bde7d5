/** Something that was given and cannot be honoured: a sentence for whoever gave it, no stack, and exit code 3. */
export class InputError extends Error {
  readonly code: string = 'BAD_INPUT'
}

/** One thing that is wrong by itself, several below a heading. */
export function listed(heading: string, [first = '', ...rest]: readonly string[]): string {
  return rest.length === 0 ? first : [`${heading}:`, first, ...rest].join('\n')
}
