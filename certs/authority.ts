import type { KeyObject } from 'node:crypto'
import forge from 'node-forge'
import { certificatesIn, readPrivateKey } from '../src/certificates/x509.ts'
import { CertificateInputError } from './input-error.ts'
import {
  encodedSubject,
  keyIdentifier,
  type PemPair,
  sign,
  unsigned,
  validUntil,
} from './signing.ts'

/** A CA ready to sign, and the PEM texts it came from or goes to. */
export type Authority = {
  readonly certificate: forge.pki.Certificate
  readonly key: forge.pki.rsa.PrivateKey
  readonly pem: PemPair
}

/** A new self-signed CA that may sign servers, but no further CA. */
export function createAuthority(now: Date, years: number, keyBits: number): Authority {
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits: keyBits })
  const end = new Date(now)
  end.setUTCFullYear(end.getUTCFullYear() + years)
  const certificate = unsigned(publicKey, validUntil(end, now))
  // Two CAs live side by side while one replaces the other: with names of their own no verifier
  // tries the wrong one.
  const subject = [
    { name: 'organizationName', value: 'hco-migration-guard' },
    { name: 'commonName', value: `migration-guard CA ${certificate.serialNumber.slice(0, 8)}` },
  ]
  certificate.setSubject(subject)
  certificate.setExtensions([
    { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
    { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(certificate) },
  ])
  return {
    certificate,
    key: privateKey,
    pem: sign(certificate, privateKey, { name: encodedSubject(certificate), key: privateKey }),
  }
}

/** An existing CA, checked; of a bundle the certificate that the key belongs to signs. */
export function readAuthority(pem: PemPair, now: Date): Authority {
  const key = readKey(pem.key)
  const own = parse('ca', () => certificatesIn(pem.certificate)).find(each =>
    each.checkPrivateKey(key),
  )
  if (own === undefined) throw wrong('ca', 'holds no certificate that belongs to the CA key')
  const certificate = forge.pki.certificateFromPem(own.toString())
  const usage = certificate.getExtension('keyUsage') as { keyCertSign?: boolean } | undefined
  if (!own.ca || usage?.keyCertSign === false)
    throw wrong('ca', 'may not sign certificates: it is not a CA')
  if (now < own.validFromDate)
    throw wrong('ca', `is not valid before ${own.validFromDate.toISOString()}`)
  if (now > own.validToDate) throw wrong('ca', `expired on ${own.validToDate.toISOString()}`)
  const pkcs1 = key.export({ type: 'pkcs1', format: 'pem' }).toString()
  return { certificate, key: forge.pki.privateKeyFromPem(pkcs1), pem }
}

function readKey(pem: string): KeyObject {
  const key = parse('caKey', () => readPrivateKey(pem))
  if (key.asymmetricKeyType === 'rsa') return key
  throw wrong('caKey', `is ${key.asymmetricKeyType}: only an RSA key can sign here`)
}

function parse<T>(field: 'ca' | 'caKey', read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw wrong(field, (cause as Error).message, cause)
  }
}

function wrong(field: 'ca' | 'caKey', reason: string, cause?: unknown): CertificateInputError {
  return new CertificateInputError(field, reason, { cause })
}
