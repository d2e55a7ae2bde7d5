import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIPv6 } from 'node:net'

const BEGIN = '-----BEGIN CERTIFICATE-----'
const BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** Every certificate of a PEM text, in its order; throws when there is none or one cannot be read. */
export function certificatesIn(pem: string): [X509Certificate, ...X509Certificate[]] {
  const blocks = pem.match(BLOCK) ?? []
  const begun = pem.split(BEGIN).length - 1
  if (begun > blocks.length) throw new Error(`is cut off in certificate ${begun}`)
  const [first, ...rest] = blocks.map(readBlock)
  if (first === undefined) throw new Error('holds no certificate in PEM form')
  return [first, ...rest]
}

function readBlock(block: string, index: number): X509Certificate {
  try {
    return new X509Certificate(block)
  } catch (cause) {
    throw new Error(`cannot be parsed (certificate ${index + 1})`, { cause })
  }
}

/** The private key of a PEM text; the error says what is wrong and never shows the text. */
export function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    // PKCS #8 says so in the label, PKCS #1 in a header; Node's error codes differ by version.
    throw new Error(
      pem.includes('ENCRYPTED') ? 'is encrypted' : 'holds no private key in PEM form',
      { cause },
    )
  }
}

/** The DNS names and addresses a certificate is valid for; the common name is none (RFC 9525 §2). */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const entries = certificate.subjectAltName?.split(', ') ?? []
  return entries.flatMap(entry => {
    const [, kind, name = ''] = /^(DNS|IP Address):(.+)$/.exec(entry) ?? []
    return kind === undefined ? [] : [canonicalIp(name)]
  })
}

/** An IPv6 address in the form of RFC 5952, one spelling for each; other text as it is. */
export function canonicalIp(text: string): string {
  return isIPv6(text) ? new URL(`https://[${text}]`).hostname.slice(1, -1) : text
}
