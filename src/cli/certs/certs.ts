import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { issueCertificates } from '../../../certs/issue.ts'
import { type CertificateNames, webhookNames } from '../../../certs/names.ts'
import { writeCertificates } from '../../../certs/write.ts'
import { InputError } from '../../input-error.ts'
import { inWordsOfOptions, numberOption, readAuthorityFiles } from './certs-input.ts'
import { CERTS_DEFAULTS, type CertsOptions } from './certs-options.ts'
import {
  isPrinted,
  loadPrintable,
  PRINTABLE,
  printCertificates,
  requireNames,
} from './certs-print.ts'
import { reportIssued } from './certs-report.ts'

export { CERTS_DEFAULTS, type CertsOptions } from './certs-options.ts'

/** Where the command writes to, and its clock. */
export type CertsIo = {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
  readonly now?: () => Date
}

/** Makes, renews or prints the webhook's certificates; throws an `InputError` for what cannot be honoured. */
export function runCerts(given: Partial<CertsOptions>, io: CertsIo): 0 {
  const options = { ...CERTS_DEFAULTS, ...given }
  try {
    run(options, io)
    return 0
  } catch (error) {
    throw inWordsOfOptions(error, options.out)
  }
}

function run(options: CertsOptions, io: CertsIo): void {
  const { out, print, force, ca, service, namespace, host: hosts, ip: ips } = options
  if (print !== undefined && !isPrinted(print))
    throw new InputError(`--print "${print}": one of ${PRINTABLE.join(', ')} is needed`)
  const names = webhookNames({ service, namespace, hosts, ips })
  // Otherwise a Secret and a caBundle printed one after the other would not belong together.
  const existing = print !== undefined && !force && !ca && existsSync(join(out, 'tls.crt'))
  if (!existing) issue(options, names, io, print === undefined ? io.stdout : io.stderr)
  if (print === undefined) return
  const pair = loadPrintable(out, io.now?.() ?? new Date())
  if (print !== 'ca-bundle') requireNames(pair, options)
  for (const warning of pair.warnings) io.stderr.write(`warning: ${warning}\n`)
  io.stdout.write(printCertificates(print, pair, options))
}

function issue(
  options: CertsOptions,
  names: CertificateNames,
  io: CertsIo,
  report: CertsIo['stdout'],
): void {
  const { out: dir, keepCaKey, force } = options
  const leafDays = numberOption('--days', options.days)
  const ca = readAuthorityFiles(options.ca, options.caKey)
  const now = io.now?.() ?? new Date()
  const issued = issueCertificates({
    ...names,
    leafDays,
    now,
    ...(ca && { ca }),
  })
  const files = writeCertificates({ dir, issued, keepCaKey, force })
  report.write(reportIssued({ options, issued, files, leafDays, now }))
}
