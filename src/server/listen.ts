import type { FastifyInstance } from 'fastify'
import { StartError } from './start-error.ts'

/** Where a server is to listen, and the option that says so. */
export type Place = { readonly host: string; readonly port: number; readonly option: string }

/** Listens and returns the port; throws a `StartError` that says what is in the way. */
export async function listen(app: FastifyInstance, place: Place): Promise<number> {
  const { host, port, option } = place
  try {
    await app.listen({ host, port })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // A node without IPv6 has no "::", which otherwise takes IPv4 as well.
    if (host === '::' && (code === 'EAFNOSUPPORT' || code === 'EADDRNOTAVAIL'))
      return listen(app, { ...place, host: '0.0.0.0' })
    throw new StartError(explain(code, message, place), { cause: error })
  }
  const address = app.server.address()
  return typeof address === 'object' && address !== null ? address.port : port

  function explain(code: string | undefined, text: string, { host: at }: Place): string {
    if (code === 'EADDRINUSE')
      return `port ${port} on ${at} is in use by another program; choose another one with ${option}`
    if (code === 'EACCES')
      return `port ${port} may not be opened by this user; choose one above 1023 with ${option}`
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      return `${at} is no address of this machine; choose another one with --host`
    return `port ${port} on ${at} cannot be opened: ${text}`
  }
}
