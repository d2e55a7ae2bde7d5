import { readFileSync } from 'node:fs'
import { CertificateInputError, type InputField } from '../../certs/input-error.ts'
import type { PemPair } from '../../certs/signing.ts'

/** An option that cannot be honoured; the reason reads on from the option's name. */
export class OptionError extends Error {
  constructor(option: string, reason: string, options?: ErrorOptions) {
    super(`${option} ${reason}`, options)
  }
}

/** A whole number, whether the command line parsed it already or not. */
export function numberOption(option: string, value: number | string): number {
  if (typeof value === 'number') return value
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw new OptionError(option, `"${value}": a whole number is needed`)
}

/** The CA to sign with, from its two files; undefined when neither is named. */
export function readAuthorityFiles(ca?: string, caKey?: string): PemPair | undefined {
  if (ca === undefined && caKey === undefined) return undefined
  if (ca === undefined) throw new OptionError('--ca', 'is needed with --ca-key')
  if (caKey === undefined) throw new OptionError('--ca-key', 'is needed with --ca')
  return { certificate: readText('--ca', ca), key: readText('--ca-key', caKey) }
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (cause) {
    throw new OptionError(option, `"${path}": ${(cause as Error).message}`, { cause })
  }
}

const OPTION_OF: Readonly<Partial<Record<InputField, string>>> = {
  hosts: '--host',
  ips: '--ip',
  service: '--service',
  namespace: '--namespace',
  leafDays: '--days',
  ca: '--ca',
  caKey: '--ca-key',
  dir: '--out',
  force: '--force',
}

// What a wrongly named directory answers; other file system errors are not the user's doing.
const DIRECTORY_ERRORS = new Set([
  'EACCES',
  'EEXIST',
  'EISDIR',
  'ENOENT',
  'ENOTDIR',
  'EPERM',
  'EROFS',
])

/** One line for whoever typed the command, and the exit code that goes with it. */
export function explainError(error: unknown, out: string): { exitCode: 3 | 4; text: string } {
  if (error instanceof OptionError) return { exitCode: 3, text: `error: ${error.message}` }
  const option = error instanceof CertificateInputError && OPTION_OF[error.field]
  if (option) return { exitCode: 3, text: `error: ${option} ${error.reason}` }
  const { code = '', message, stack } = error as NodeJS.ErrnoException
  if (DIRECTORY_ERRORS.has(code)) return { exitCode: 3, text: `error: --out "${out}": ${message}` }
  return { exitCode: 4, text: `internal error: ${stack ?? message}` }
}
