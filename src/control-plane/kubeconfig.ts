import { writeFileSync } from 'node:fs'
import type { PemPair } from '../../certs/signing.ts'

/** How a user proves who they are. */
export type Credential = { readonly token: string } | { readonly pair: PemPair }

export type KubeconfigOptions = {
  readonly url: string
  readonly ca: string
  readonly user: string
  readonly credential: Credential
  /** Namespace of commands that name none. */
  readonly namespace: string
}

/** Writes a kubeconfig with everything in it, so that it works wherever it is copied to. */
export function writeKubeconfig(path: string, options: KubeconfigOptions): string {
  const { url, ca, user, credential, namespace } = options
  const cluster = { server: url, 'certificate-authority-data': base64(ca) }
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'control-plane', cluster }],
    users: [{ name: user, user: proof(credential) }],
    contexts: [{ name: 'control-plane', context: { cluster: 'control-plane', user, namespace } }],
    'current-context': 'control-plane',
  }
  // JSON is YAML, and quotes every name that needs it.
  writeFileSync(path, `${JSON.stringify(config, null, 2)}\n`, { mode: 0o600 })
  return path
}

function proof(credential: Credential) {
  if ('token' in credential) return credential
  const { certificate, key } = credential.pair
  return { 'client-certificate-data': base64(certificate), 'client-key-data': base64(key) }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
