import forge from 'node-forge'

/** A client certificate with its CA, and others of the same CA. */
export type ClientCertificate = {
  readonly ca: string
  readonly cert: string
  readonly key: string
  readonly another: (commonName: string) => { readonly cert: string; readonly key: string }
}

// A key takes a tenth of a second, and whose it is does not matter here.
const leaf = forge.pki.rsa.generateKeyPair(2048)

/** Issues a client certificate under a CA of its own. */
export function clientCertificate(commonName: string, issuer = 'client CA'): ClientCertificate {
  const authority = forge.pki.rsa.generateKeyPair(2048)
  const ca = sign(issuer, authority.publicKey, issuer, authority.privateKey, [
    { name: 'basicConstraints', cA: true },
  ])
  const another = (name: string) => {
    const cert = sign(name, leaf.publicKey, issuer, authority.privateKey, [
      { name: 'extKeyUsage', clientAuth: true },
    ])
    return { cert, key: forge.pki.privateKeyToPem(leaf.privateKey) }
  }
  return { ca, another, ...another(commonName) }
}

function sign(
  subject: string,
  publicKey: forge.pki.PublicKey,
  issuer: string,
  key: forge.pki.rsa.PrivateKey,
  extensions: object[],
): string {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKey
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(Date.now() - 60_000)
  certificate.validity.notAfter = new Date(Date.now() + 3_600_000)
  certificate.setSubject([{ name: 'commonName', value: subject }])
  certificate.setIssuer([{ name: 'commonName', value: issuer }])
  certificate.setExtensions(extensions)
  certificate.sign(key, forge.md.sha256.create())
  return forge.pki.certificateToPem(certificate)
}
