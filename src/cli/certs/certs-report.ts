import { X509Certificate } from 'node:crypto'
import type { IssuedCertificates } from '../../../certs/issue.ts'
import type { WrittenFile } from '../../../certs/write.ts'
import { namesOf } from '../../certificates/x509.ts'
import { CERTS_DEFAULTS, type CertsOptions } from './certs-options.ts'

const DAY_MS = 86_400_000

/** What was issued, written and is asked for. */
export type Issue = {
  readonly options: CertsOptions
  readonly issued: IssuedCertificates
  readonly files: readonly WrittenFile[]
  readonly leafDays: number
  readonly now: Date
}

/** What was made, how to recognise it, and what to do with it. */
export function reportIssued({ options, issued, files, leafDays, now }: Issue): string {
  const server = new X509Certificate(issued.server.certificate)
  const ca = new X509Certificate(issued.ca.certificate)
  // Certificates hold whole seconds.
  const days = Math.floor((server.validToDate.getTime() - now.getTime() + 999) / DAY_MS)
  const width = Math.max(...files.map(file => file.path.length))
  return `${[
    ...files.map(({ path, purpose }) => `wrote ${path.padEnd(width)}  ${purpose}`),
    '',
    `serving certificate, ${days} days${days < leafDays ? ', when its CA ends' : ''}`,
    ...identityOf(server),
    ...namesOf(server).map((name, index) => `  ${index === 0 ? 'for    ' : '       '}  ${name}`),
    `CA ${/CN=(.*)/.exec(ca.subject)?.[1] ?? ''}`.trimEnd(),
    ...identityOf(ca),
    '',
    ...nextSteps(options),
  ].join('\n')}\n`
}

function identityOf(certificate: X509Certificate): readonly string[] {
  const [from, to] = [certificate.validFromDate, certificate.validToDate].map(date =>
    date.toISOString().replace('.000', ''),
  )
  return [`  SHA-256  ${certificate.fingerprint256}`, `  valid    ${from} to ${to}`]
}

function nextSteps(options: CertsOptions): readonly string[] {
  const command = ['migration-guard certs', ...givenFlags(options)].join(' ')
  const steps = [
    'caBundle of the webhook configurations:',
    `  ${command} --print ca-bundle`,
    'Secret of the server:',
    `  ${command} --print secret | kubectl apply --server-side -f -`,
  ]
  if (options.keepCaKey || options.ca !== undefined) return steps
  return [
    ...steps,
    'The key of the CA was not kept: a renewal makes a new CA, so a new caBundle too.',
  ]
}

function givenFlags(options: CertsOptions): readonly string[] {
  const flags = ['out', 'service', 'namespace'] as const
  return flags
    .filter(flag => options[flag] !== CERTS_DEFAULTS[flag])
    .map(flag => `--${flag} ${options[flag]}`)
}
