import { InputError } from '../src/input-error.ts'

/** The inputs of issuing and writing that can be wrong. */
export type InputField =
  | 'hosts'
  | 'ips'
  | 'service'
  | 'namespace'
  | 'caYears'
  | 'leafDays'
  | 'keyBits'
  | 'ca'
  | 'caKey'
  | 'dir'
  | 'force'

/** An input that cannot be honoured; the reason reads on from the name of the field or option. */
export class CertificateInputError extends InputError {
  override readonly code = 'CERTIFICATE_INPUT'
  readonly field: InputField
  readonly reason: string

  constructor(field: InputField, reason: string, options?: ErrorOptions) {
    super(`${field} ${reason}`, options)
    this.field = field
    this.reason = reason
  }
}
