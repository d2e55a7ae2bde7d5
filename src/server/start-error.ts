import { InputError } from '../input-error.ts'

/** Why the guard cannot start with what it was given. */
export class StartError extends InputError {
  override readonly code = 'CANNOT_START'
}
