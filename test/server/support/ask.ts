import { Agent, type RequestOptions, request } from 'node:https'

/** An answer as it came over the wire. */
export type Reply = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

export type AskOptions = RequestOptions & { readonly path: string; readonly body?: string | Buffer }

/** One request over TLS to a guard on this machine; its own connection unless an agent is given. */
export function ask(port: number, ca: string, options: AskOptions): Promise<Reply> {
  const { body, ...rest } = options
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        method: 'POST',
        host: '127.0.0.1',
        port,
        ca,
        agent: false,
        headers: { 'content-type': 'application/json' },
        ...rest,
      },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
        response.on('error', reject)
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

/** Connections that are kept open, as the API server keeps them. */
export function keepAlive(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections })
}
