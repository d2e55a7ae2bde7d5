import { join } from 'node:path'
import { stringify } from 'yaml'
import { checkNames } from '../../../certs/names.ts'
import { loadPair, type ServingPair } from '../../certificates/serving-certificate.ts'
import { InputError } from '../../input-error.ts'
import type { CertsOptions } from './certs-options.ts'

/** What `--print` can print. */
export const PRINTABLE = ['ca-bundle', 'secret', 'all'] as const
export type Printed = (typeof PRINTABLE)[number]

/** True for a value of `--print`. */
export function isPrinted(text: string): text is Printed {
  return (PRINTABLE as readonly string[]).includes(text)
}

/** The certificates of a directory, if they are good. */
export function loadPrintable(out: string, now: Date): ServingPair {
  const { pair, problem } = loadPair(out, { now, requireCa: true })
  if (pair === null) throw new InputError(`--out "${out}": ${problem.message}`)
  return pair
}

/** Refuses a pair made for another Service, and one that lacks a name which is asked for. */
export function requireNames(pair: ServingPair, options: CertsOptions): void {
  const { out, service, namespace, host, ip } = options
  const { hosts, ips } = checkNames({ hosts: [`${service}.${namespace}.svc`, ...host], ips: ip })
  const missing = [...hosts, ...ips].find(name => !pair.names.includes(name))
  if (missing === undefined) return
  throw new InputError(`--force is needed: ${join(out, 'tls.crt')} is not valid for ${missing}`)
}

/** The text for standard output: a caBundle, a manifest, or both with the caBundle in a comment. */
export function printCertificates(what: Printed, pair: ServingPair, place: SecretPlace): string {
  const caBundle = base64(pair.ca ?? '')
  if (what === 'ca-bundle') return `${caBundle}\n`
  const secret = stringify(secretOf(pair, place), { lineWidth: 0 })
  return what === 'secret' ? secret : `# caBundle: ${caBundle}\n${secret}`
}

type SecretPlace = { readonly service: string; readonly namespace: string }

function secretOf({ cert, key, ca = '' }: ServingPair, { service, namespace }: SecretPlace) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `${service}-tls`, namespace },
    type: 'kubernetes.io/tls',
    data: { 'ca.crt': base64(ca), 'tls.crt': base64(cert), 'tls.key': base64(key) },
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
