import { randomBytes } from 'node:crypto'
import forge from 'node-forge'

/** A certificate and its private key, both PEM. */
export type PemPair = { readonly certificate: string; readonly key: string }

/** First and last moment of validity. */
export type Validity = { readonly notBefore: Date; readonly notAfter: Date }

const CLOCK_SKEW_MS = 3_600_000

/** Validity from an hour ago, as the API server's clock may be behind ours, until `notAfter`. */
export function validUntil(notAfter: Date, now: Date): Validity {
  return { notBefore: new Date(now.getTime() - CLOCK_SKEW_MS), notAfter }
}

/** A certificate without names, extensions and signature. */
export function unsigned(
  publicKey: forge.pki.PublicKey,
  validity: Validity,
): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKey
  certificate.signatureOid = forge.pki.oids.sha256WithRSAEncryption as string
  certificate.siginfo.algorithmOid = certificate.signatureOid
  certificate.serialNumber = randomSerial()
  certificate.validity.notBefore = validity.notBefore
  certificate.validity.notAfter = validity.notAfter
  return certificate
}

// 16 octets, the first of them 0x40–0x7f. node-forge writes them as they are: a set top bit would make
// the INTEGER negative (forbidden by RFC 5280 §4.1.2.2), leading zeros would not be DER (Go refuses).
function randomSerial(): string {
  const octets = randomBytes(16)
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets.toString('hex')
}

/** The subjectKeyIdentifier as raw octets: the stated one, else the SHA-1 that RFC 5280 proposes. */
export function keyIdentifier(certificate: forge.pki.Certificate): string {
  const stated = certificate.getExtension('subjectKeyIdentifier') as
    | { subjectKeyIdentifier?: string }
    | undefined
  return stated?.subjectKeyIdentifier === undefined
    ? certificate.generateSubjectKeyIdentifier().getBytes()
    : forge.util.hexToBytes(stated.subjectKeyIdentifier)
}

/** The name a CA signs under, as its certificate encodes it, and its key. */
export type Signer = { readonly name: forge.asn1.Asn1; readonly key: forge.pki.rsa.PrivateKey }

// Positions in TBSCertificate (RFC 5280 §4.1), the version included.
const ISSUER = 3
const SUBJECT = 5

/** The subject of a certificate, as it is encoded there. */
export function encodedSubject(certificate: forge.pki.Certificate): forge.asn1.Asn1 {
  return bodyParts(buildBody(certificate))[SUBJECT] as forge.asn1.Asn1
}

/** Signs with SHA-256 and gives both parts as PEM, the key as PKCS #8. */
export function sign(
  certificate: forge.pki.Certificate,
  key: forge.pki.rsa.PrivateKey,
  signer: Signer,
): PemPair {
  const body = buildBody(certificate)
  // `certificate.sign` would encode the parsed name anew, which garbles UTF-8 and multi-valued names.
  bodyParts(body)[ISSUER] = signer.name
  certificate.tbsCertificate = body
  certificate.signature = signer.key.sign(
    forge.md.sha256.create().update(forge.asn1.toDer(body).getBytes()),
  )
  const pkcs8 = forge.pki.wrapRsaPrivateKey(forge.pki.privateKeyToAsn1(key))
  return {
    certificate: unixLines(forge.pki.certificateToPem(certificate)),
    key: unixLines(forge.pki.privateKeyInfoToPem(pkcs8)),
  }
}

// @types/node-forge lacks this function.
const { getTBSCertificate } = forge.pki as unknown as {
  getTBSCertificate(certificate: forge.pki.Certificate): forge.asn1.Asn1
}

function buildBody(certificate: forge.pki.Certificate): forge.asn1.Asn1 {
  return certificate.tbsCertificate ?? getTBSCertificate(certificate)
}

function bodyParts(body: forge.asn1.Asn1): forge.asn1.Asn1[] {
  return body.value as forge.asn1.Asn1[]
}

// node-forge ends PEM lines with CR LF, which shows as ^M in diffs and block scalars.
function unixLines(text: string): string {
  return text.replaceAll('\r\n', '\n')
}
