import { createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { StartError } from '../start-error.ts'

/** Where a server is to listen, and the option that says so. */
export type ListenAddress = {
  readonly host: string
  readonly port: number
  readonly option: string
}

/** Listens and returns the port; throws a `StartError` that says what is in the way. */
export async function listen(app: FastifyInstance, place: ListenAddress): Promise<number> {
  await tryAddresses(place, at => app.listen(at))
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : place.port
}

/** Throws what `listen` would throw, and leaves the port free again. */
export function probe(place: ListenAddress): Promise<void> {
  return tryAddresses(place, at => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const server = createServer(socket => socket.destroy()).on('error', reject)
    server.listen(at, () => server.close(() => resolve()))
    return promise
  })
}

type Address = Pick<ListenAddress, 'host' | 'port'>

async function tryAddresses(
  place: ListenAddress,
  open: (at: Address) => Promise<unknown>,
): Promise<void> {
  const { host, port } = place
  try {
    await open({ host, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A node without IPv6 has no "::", which otherwise takes IPv4 as well.
    if (host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
      return tryAddresses({ ...place, host: '0.0.0.0' }, open)
    throw new StartError(explain(error as NodeJS.ErrnoException, place), { cause: error })
  }
}

function explain(
  { code, message }: NodeJS.ErrnoException,
  { host, port, option }: ListenAddress,
): string {
  if (code === 'EADDRINUSE')
    return `port ${port} on ${host} is in use by another program; choose another one with ${option}`
  if (code === 'EACCES')
    return `port ${port} may not be opened by this user; choose one above 1023 with ${option}`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `${host} is no address of this machine; choose another one with --host`
  return `port ${port} on ${host} cannot be opened: ${message}`
}
