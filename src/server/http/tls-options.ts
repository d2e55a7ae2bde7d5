import { constants } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'

/** A serving certificate with its key, and the CA of the clients where they must show a certificate, in PEM. */
export type TlsMaterial = {
  readonly cert: string
  readonly key: string
  readonly clientCa?: string | undefined
}

// Forward secrecy and AEAD only: the list of Mozilla's "intermediate" without CBC and DHE, all of which Go offers.
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':')

/** The whole TLS context: a reload must pass all of it, because `setSecureContext` resets whatever is left out. */
export function tlsOptions({ cert, key, clientCa }: TlsMaterial): SecureContextOptions {
  const common: SecureContextOptions = { cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS }
  if (clientCa === undefined) return common
  // A resumed session shows no certificate and nothing is verified again (RFC 8446 §4.2.11, RFC 5077): without tickets
  // every connection has to show one. Node keeps no sessions by id, so nothing else could be resumed.
  return { ...common, ca: clientCa, secureOptions: constants.SSL_OP_NO_TICKET }
}
