/** Why the guard cannot start with what it was given: a sentence for whoever started it, no stack. */
export class StartError extends Error {
  readonly code = 'CANNOT_START'
}
