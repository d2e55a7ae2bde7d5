import { readFileSync } from 'node:fs'
import { CertificateInputError, type InputField } from '../../../certs/input-error.ts'
import type { PemPair } from '../../../certs/signing.ts'
import { explainReadError, explainWriteError } from '../../files/explain-error.ts'
import { InputError } from '../../input-error.ts'

/** A whole number, whether the command line parsed it already or not. */
export function numberOption(option: string, value: number | string): number {
  if (typeof value === 'number') return value
  if (/^\d{1,9}$/.test(value)) return Number(value)
  throw new InputError(`${option} "${value}": a whole number is needed`)
}

/** The CA to sign with, from its two files; undefined when neither is named. */
export function readAuthorityFiles(ca?: string, caKey?: string): PemPair | undefined {
  if (ca === undefined && caKey === undefined) return undefined
  if (ca === undefined) throw new InputError('--ca is needed with --ca-key')
  if (caKey === undefined) throw new InputError('--ca-key is needed with --ca')
  return { certificate: readText('--ca', ca), key: readText('--ca-key', caKey) }
}

function readText(option: string, path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (cause) {
    throw new InputError(`${option} "${path}": ${explainReadError(cause)}`, { cause })
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

/** The same failure in the words of the command line: its options instead of the fields behind them. */
export function inWordsOfOptions(error: unknown, out: string): unknown {
  if (error instanceof CertificateInputError) {
    const option = OPTION_OF[error.field]
    return option ? new InputError(`${option} ${error.reason}`, { cause: error }) : error
  }
  const reason = explainWriteError(error)
  return reason ? new InputError(`--out "${out}": ${reason}`, { cause: error }) : error
}
