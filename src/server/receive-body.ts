import type { Readable } from 'node:stream'
import type { Failure } from '../core/admission-review.ts'

/** controller-runtime's limit and reasoning: two objects of up to 3 MB each and the envelope (pkg/webhook/admission/http.go). */
export const BODY_LIMIT = 7 * 1024 * 1024

// Reviews of a HyperConverged have about 10 KiB. What is larger shares this much memory: whoever reaches the port could
// otherwise have it all by sending many large bodies at once.
const ORDINARY = 128 * 1024
const TOGETHER = 32 * 1024 * 1024

// Enough to find the uid, which kube-apiserver writes within the first 200 bytes.
const HEAD = 4096

/** The memory that large bodies share. */
export type Room = { left: number }

/** What has come in of a request's body: all of it, or its beginning when it is refused or still on its way. */
export type ReceivedBody = {
  readonly bytes: () => Buffer
  readonly size: number
  /** Why the rest is dropped; null when all is kept. */
  readonly refusal: Failure | null
  /** True when nothing more comes. */
  readonly ended: boolean
}

/** The room of one server. */
export function createRoom(): Room {
  return { left: TOGETHER }
}

/**
 * Reads a body into memory. What is refused is read to its end and dropped, because a client that is cut off while it
 * writes sees a broken connection and never the answer; the time for an answer bounds that.
 */
export function receiveBody(stream: Readable, room: Room) {
  let chunks: Buffer[] = []
  let taken = 0
  const body = {
    size: 0,
    refusal: null as Failure | null,
    ended: false,
    bytes: () => (chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)),
  }
  const release = () => {
    room.left += taken
    taken = 0
  }
  const take = (chunk: Buffer) => {
    body.size += chunk.length
    if (body.refusal !== null) return
    chunks.push(chunk)
    const more = Math.max(0, body.size - ORDINARY) - taken
    body.refusal = findRefusal(body.size, more, room)
    if (body.refusal === null) {
      room.left -= more
      taken += more
      return
    }
    release()
    chunks = [Buffer.from(Buffer.concat(chunks).subarray(0, HEAD))]
  }
  const done = new Promise<void>((resolve, reject) => {
    stream.on('data', take)
    stream.on('error', reject)
    stream.on('end', () => {
      body.ended = true
      resolve()
    })
  })
  return { body: body as ReceivedBody, done, release }
}

function findRefusal(size: number, more: number, room: Room): Failure | null {
  if (size > BODY_LIMIT)
    return { code: 413, message: `the body has more than ${BODY_LIMIT} bytes (7 MiB)` }
  if (more > room.left)
    return { code: 503, message: 'too many large reviews are being read at once; try again' }
  return null
}
