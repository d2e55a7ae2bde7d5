import { request } from 'node:https'
import { keepAlive } from './ask.ts'
import { CA } from './guard.ts'
import { responseIn } from './response.ts'
import { example } from './review.ts'

/** What became of a load. */
export type Load = {
  /** Place of the audit record in each answer. */
  readonly answered: string[]
  /** Requests that went out on an open connection and got no answer. */
  readonly lost: string[]
  /** Answers with `Connection: close`. */
  closed: number
}

type Outcome = 'answered' | 'lost' | 'refused'

/** Sends reviews over a number of connections until the server takes no more; each waits for `onAnswer` before its next one. */
export function load(port: number, connections: number, onAnswer: () => unknown) {
  const result: Load = { answered: [], lost: [], closed: 0 }
  const agent = keepAlive(connections)
  const body = example('parallel-20')
  const client = async () => {
    while ((await send(port, agent, body, result)) === 'answered') await onAnswer()
  }
  const done = Promise.all(Array.from({ length: connections }, client)).then(() => {
    agent.destroy()
    return result
  })
  return { ...result, done }
}

function send(
  port: number,
  agent: ReturnType<typeof keepAlive>,
  body: string,
  result: Load,
): Promise<Outcome> {
  return new Promise(resolve => {
    // Until the handshake is over no byte of the request has left.
    let open = false
    const headers = { 'content-type': 'application/json' }
    const options = {
      method: 'POST',
      host: '127.0.0.1',
      port,
      path: '/validate',
      ca: CA,
      agent,
      headers,
    }
    const outgoing = request(options, async response => {
      let text = ''
      try {
        for await (const chunk of response) text += chunk
      } catch (error) {
        return fail(error as Error)
      }
      if (response.headers.connection === 'close') result.closed++
      result.answered.push(responseIn(text).auditAnnotations.record ?? '')
      resolve('answered')
    })
    const fail = (error: Error) => {
      if (open) result.lost.push(error.message)
      resolve(open ? 'lost' : 'refused')
    }
    outgoing.on('socket', socket => {
      open = outgoing.reusedSocket
      if (open) return
      socket.once('secureConnect', () => {
        open = true
      })
    })
    outgoing.on('error', fail)
    outgoing.end(body)
  })
}
