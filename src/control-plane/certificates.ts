import forge from 'node-forge'
import { readAuthority } from '../../certs/authority.ts'
import { type IssuedCertificates, issueCertificates } from '../../certs/issue.ts'
import { encodedSubject, type PemPair, sign, unsigned, validUntil } from '../../certs/signing.ts'

const DAY_MS = 86_400_000

/** A CA for one control plane and the pair that everything on this machine serves with. */
export function localCertificates(): IssuedCertificates {
  return issueCertificates({ hosts: ['localhost'], ips: ['127.0.0.1', '::1'], leafDays: 90 })
}

/** A client certificate that a Kubernetes API server takes for this user in these groups. */
export function clientCertificate(ca: PemPair, user: string, groups: readonly string[]): PemPair {
  const now = new Date()
  const authority = readAuthority(ca, now)
  const { publicKey, privateKey } = forge.pki.rsa.generateKeyPair({ bits: 2048 })
  const certificate = unsigned(publicKey, validUntil(new Date(now.getTime() + DAY_MS), now))
  certificate.setSubject([
    ...groups.map(value => attribute('organizationName', value)),
    attribute('commonName', user),
  ])
  certificate.setExtensions([
    { name: 'keyUsage', critical: true, digitalSignature: true },
    { name: 'extKeyUsage', clientAuth: true },
  ])
  const name = encodedSubject(authority.certificate)
  return sign(certificate, privateKey, { name, key: authority.key })
}

// UTF-8: Go refuses a PrintableString with an @, as e-mail addresses have.
function attribute(name: string, value: string) {
  return { name, value, valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class }
}
