import type { TLSSocket } from 'node:tls'

// Asked for at every request of a connection, and always the same.
const peers = new WeakMap<TLSSocket, string>()

/** Who is at the other end: the common name of a certificate that was checked, else the address. */
export function peerOf(socket: TLSSocket): string {
  const known = peers.get(socket)
  if (known !== undefined) return known
  const names = socket.authorized ? [socket.getPeerCertificate().subject.CN ?? []].flat() : []
  const name = names.length > 0 ? names.join(', ') : (socket.remoteAddress ?? 'unknown')
  peers.set(socket, name)
  return name
}

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
