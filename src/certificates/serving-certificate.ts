import type { X509Certificate } from 'node:crypto'
import { join } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { explainReadError } from '../files/explain-error.ts'
import { expiryOf } from './expiry.ts'
import { type PairFiles, readPairFiles } from './pair-files.ts'
import { certificatesIn, namesOf, readPrivateKey } from './x509.ts'

/** A certificate and key that belong together, as PEM texts, and what there is to say about them. */
export type ServingPair = {
  readonly cert: string
  readonly key: string
  /** What the API server has to trust, when ca.crt was there. */
  readonly ca?: string
  /** SHA-256 of the certificate, as `openssl x509 -fingerprint -sha256` prints it. */
  readonly fingerprint: string
  readonly names: readonly string[]
  readonly notBefore: Date
  readonly notAfter: Date
  /** What somebody should know although the pair can be served: it expires soon, for example. */
  readonly warnings: readonly string[]
  /** Changes with every byte of the files. */
  readonly digest: string
}

/** Why a pair cannot be served; the message begins with the file. */
export type PairProblem = { readonly file: string; readonly message: string }

export type LoadedPair =
  | { readonly pair: ServingPair; readonly problem: null }
  | { readonly pair: null; readonly problem: PairProblem }

export type LoadOptions = {
  readonly now?: Date
  /** Without ca.crt there is no pair, as for those who print the CA that a webhook configuration needs. */
  readonly requireCa?: boolean
}

/** Reads tls.crt, tls.key and ca.crt from a directory and checks that OpenSSL can serve them. */
export function loadPair(dir: string, options: LoadOptions = {}): LoadedPair {
  return checkPair(readPairFiles(dir), options)
}

/** The same for files that were read already. */
export function checkPair(files: PairFiles, options: LoadOptions = {}): LoadedPair {
  try {
    return { pair: toPair(files, options), problem: null }
  } catch (error) {
    if (error instanceof FileProblem)
      return { pair: null, problem: { file: error.file, message: error.message } }
    throw error
  }
}

function toPair(
  files: PairFiles,
  { now = new Date(), requireCa = false }: LoadOptions,
): ServingPair {
  const path = (name: string) => join(files.dir, name)
  const cert = textOf(path('tls.crt'), files.cert)
  const key = textOf(path('tls.key'), files.key)
  const ca = optionalText(path('ca.crt'), files.ca, requireCa)
  const [leaf] = parse(path('tls.crt'), () => certificatesIn(cert))
  const privateKey = parse(path('tls.key'), () => readPrivateKey(key))
  if (ca !== undefined) parse(path('ca.crt'), () => certificatesIn(ca))
  if (!leaf.checkPrivateKey(privateKey))
    throw new FileProblem(
      path('tls.key'),
      `does not belong to the certificate in ${path('tls.crt')}`,
    )
  const pair = { cert, key, ...(ca === undefined ? {} : { ca }) }
  parse(path('tls.crt'), () => tryToServe(pair))
  return { ...pair, ...describe(leaf, path('tls.crt'), now), digest: files.digest }
}

// The last word is OpenSSL's: it refuses short keys and weak signatures, for example.
function tryToServe(pair: SecureContextOptions): void {
  try {
    createSecureContext(pair)
  } catch (cause) {
    const { reason, message } = cause as Error & { reason?: string }
    throw new Error(`cannot be served: ${reason ?? message}`, { cause })
  }
}

function describe(leaf: X509Certificate, file: string, now: Date) {
  const names = namesOf(leaf)
  const validity = { notBefore: leaf.validFromDate, notAfter: leaf.validToDate }
  const expiry = expiryOf(validity, now)
  const warnings = expiry.warning === undefined ? [] : [`${file}: ${expiry.warning}`]
  // Go ignores the common name since 1.15, so the API server would refuse the certificate.
  if (names.length === 0) warnings.push(`${file}: has no subject alternative name`)
  return { fingerprint: leaf.fingerprint256, names, ...validity, warnings }
}

class FileProblem extends Error {
  readonly file: string

  constructor(file: string, reason: string, options?: ErrorOptions) {
    super(`${file}: ${reason}`, options)
    this.file = file
  }
}

function textOf(file: string, content: string | NodeJS.ErrnoException): string {
  if (typeof content !== 'string')
    throw new FileProblem(file, explainReadError(content), { cause: content })
  if (content.trim() === '') throw new FileProblem(file, 'is empty')
  return content
}

// cert-manager leaves ca.crt out or empty where an issuer has no CA to show (ACME, for example).
function optionalText(file: string, content: string | NodeJS.ErrnoException, required: boolean) {
  const absent = typeof content === 'string' ? content.trim() === '' : content.code === 'ENOENT'
  return absent && !required ? undefined : textOf(file, content)
}

function parse<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    throw new FileProblem(file, (cause as Error).message, { cause })
  }
}
