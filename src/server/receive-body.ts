import type { Readable } from 'node:stream'

/** controller-runtime's limit and reasoning: two objects of up to 3 MB each and the envelope (pkg/webhook/admission/http.go). */
export const BODY_LIMIT = 7 * 1024 * 1024

// Enough to find the uid, which kube-apiserver writes within the first 200 bytes.
const HEAD = 64 * 1024

/** What has come in of a request's body: all of it, or its beginning when it is too large or still on its way. */
export type ReceivedBody = {
  readonly bytes: () => Buffer
  readonly size: number
  readonly tooLarge: boolean
  /** True when nothing more comes. */
  readonly ended: boolean
}

/**
 * Reads a body into memory up to a limit. What is too large is read to its end and dropped, because a client that is cut
 * off while it writes sees a broken connection and never the answer; the server's timeouts bound that.
 */
export function receiveBody(stream: Readable, limit = BODY_LIMIT) {
  let chunks: Buffer[] = []
  const body = {
    size: 0,
    tooLarge: false,
    ended: false,
    bytes: () => (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
  }
  const done = new Promise<void>((resolve, reject) => {
    stream.on('data', (chunk: Buffer) => {
      body.size += chunk.length
      if (body.tooLarge) return
      chunks.push(chunk)
      if (body.size <= limit) return
      body.tooLarge = true
      chunks = [Buffer.from(Buffer.concat(chunks).subarray(0, HEAD))]
    })
    stream.on('end', () => {
      body.ended = true
      resolve()
    })
    stream.on('error', reject)
  })
  return { body: body as ReceivedBody, done }
}
