import { createPrivateKey, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import { type Authority, createAuthority, readAuthority } from './authority.ts'
import { CertificateInputError, type InputField } from './input-error.ts'
import { type CertificateNames, checkNames } from './names.ts'
import {
  encodedSubject,
  keyIdentifier,
  type PemPair,
  sign,
  unsigned,
  validUntil,
} from './signing.ts'

/** What to issue; only `hosts` is needed. */
export type IssueOptions = {
  readonly hosts: readonly string[]
  readonly ips?: readonly string[]
  readonly now?: Date
  readonly caYears?: number
  readonly leafDays?: number
  readonly keyBits?: number
  /** Signs with this CA instead of a new one, so that the caBundle stays as it is. */
  readonly ca?: PemPair
}

/** A serving certificate and the CA that clients have to trust for it. */
export type IssuedCertificates = { readonly ca: PemPair; readonly server: PemPair }

const DAY_MS = 86_400_000

/** Why these lengths: certs/README.md, "How long they live". */
const DEFAULT_CA_YEARS = 10
export const DEFAULT_LEAF_DAYS = 365

/** Issues the serving certificate of the webhook under a new CA, or under the given one. */
export function issueCertificates({
  hosts,
  ips = [],
  now = new Date(),
  caYears = DEFAULT_CA_YEARS,
  leafDays = DEFAULT_LEAF_DAYS,
  keyBits = 2048,
  ca,
}: IssueOptions): IssuedCertificates {
  checkNumber('caYears', caYears, 1, 50)
  checkNumber('leafDays', leafDays, 1, 3650)
  checkNumber('keyBits', keyBits, 2048, 8192)
  const names = checkNames({ hosts, ips })
  const authority = ca ? readAuthority(ca, now) : createAuthority(now, caYears, keyBits)
  const wanted = new Date(now.getTime() + leafDays * DAY_MS)
  const last = authority.certificate.validity.notAfter
  const server = issueServer(authority, names, now, wanted < last ? wanted : last, keyBits)
  verify(server, authority)
  return { ca: authority.pem, server }
}

function issueServer(
  ca: Authority,
  { hosts, ips }: CertificateNames,
  now: Date,
  notAfter: Date,
  keyBits: number,
): PemPair {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits: keyBits })
  const certificate = unsigned(publicKey, validUntil(notAfter, now))
  // No host as common name: X.520 allows 64 characters, and clients read the SANs alone.
  certificate.setSubject([
    { name: 'organizationName', value: 'hco-migration-guard' },
    { name: 'commonName', value: 'migration-guard webhook' },
  ])
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: false },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: [...hosts.map(dnsName), ...ips.map(ipAddress)] },
    { name: 'subjectKeyIdentifier' },
    // `keyIdentifier: true` would repeat the leaf's own identifier (node-forge lib/x509.js).
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(ca.certificate) },
  ])
  return sign(certificate, privateKey, { name: encodedSubject(ca.certificate), key: ca.key })
}

// GeneralName choices of RFC 5280 §4.2.1.6.
const dnsName = (value: string) => ({ type: 2, value })
const ipAddress = (ip: string) => ({ type: 7, ip })

function checkNumber(field: InputField, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  const range = `a whole number from ${least} to ${most}`
  throw new CertificateInputError(field, `${value}: ${range} is needed`)
}

// OpenSSL reads back what node-forge wrote: an unusual CA must fail here, not in the API server.
function verify({ certificate, key }: PemPair, ca: Authority): void {
  const leaf = new X509Certificate(certificate)
  const issuer = new X509Certificate(forge.pki.certificateToPem(ca.certificate))
  if (!leaf.checkPrivateKey(createPrivateKey(key)))
    throw new Error('issued key and certificate differ')
  if (!leaf.checkIssued(issuer) || !leaf.verify(issuer.publicKey))
    throw new CertificateInputError('ca', 'cannot be used: OpenSSL refuses what it signed')
}
