import type { TLSSocket } from 'node:tls'

/** What is wrong with the client's certificate; undefined when it may ask. */
export function findClientProblem(
  socket: TLSSocket,
  commonName: string | undefined,
): string | undefined {
  if (socket.isSessionReused()) return 'a resumed TLS session shows no certificate; connect anew'
  const peer = socket.getPeerCertificate()
  if (Object.keys(peer).length === 0)
    return 'a client certificate is required: give the API server one in its AdmissionConfiguration (kubeConfigFile of the webhook plugins)'
  if (!socket.authorized)
    return `the client certificate is not accepted: ${String(socket.authorizationError)}`
  if (commonName !== undefined && peer.subject.CN !== commonName)
    return 'the client certificate is valid, but its common name may not ask here'
  return undefined
}
