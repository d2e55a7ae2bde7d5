import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type IssuedCertificates,
  type IssueOptions,
  issueCertificates,
} from '../../../certs/issue.ts'
import { webhookNames } from '../../../certs/names.ts'

/** The Service that the tests' certificates are for. */
export const SERVICE = 'guard.virtualization.svc'

/** Certificates for the Service and localhost. */
export function issue(options: Partial<IssueOptions> = {}): IssuedCertificates {
  const names = webhookNames({ service: 'guard', namespace: 'virtualization' })
  return issueCertificates({ ...names, ...options })
}

/** Puts a pair and its CA into a directory, as a Secret mount would. */
export function put(dir: string, { ca, server }: IssuedCertificates): string {
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'ca.crt'), ca.certificate)
  writeFileSync(join(dir, 'tls.key'), server.key)
  writeFileSync(join(dir, 'tls.crt'), server.certificate)
  return dir
}

/** Runs openssl; undefined where the machine has none. */
export function openssl(args: readonly string[], input: string): string | undefined {
  const { error, stdout, stderr } = spawnSync('openssl', args, { input, encoding: 'utf8' })
  return error ? undefined : stdout + stderr
}
