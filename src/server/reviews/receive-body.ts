import type { Readable } from 'node:stream'
import type { Failure } from '../../core/admission-review.ts'

/** controller-runtime's limit and reasoning: two objects of up to 3 MB each and the envelope (pkg/webhook/admission/http.go). */
export const BODY_LIMIT = 7 * 1024 * 1024

// What all bodies that are being read or judged share: whoever reaches the port could otherwise have all memory by sending many
// at once. Three API servers with 200 changes in flight each, their default (kube-apiserver --max-mutating-requests-inflight),
// find 54 KiB for each of them here; reviews of a HyperConverged have 10 to 30.
const TOGETHER = 32 * 1024 * 1024

// What a Buffer takes besides its bytes: a body in pieces of one byte must not pass for a small one.
const PIECE = 256

// Enough to find the uid, which kube-apiserver writes within the first 200 bytes.
const HEAD = 4096

/** The memory that bodies share. */
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
 * writes sees a broken connection and never the answer; the time for an answer bounds that. `release` gives back the room,
 * and what comes afterwards is dropped.
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
  const giveBack = () => {
    room.left += taken
    taken = 0
  }
  const take = (chunk: Buffer) => {
    body.size += chunk.length
    if (body.refusal !== null) return
    chunks.push(chunk)
    const more = chunk.length + PIECE
    body.refusal = findRefusal(body.size, more, room)
    if (body.refusal === null) {
      room.left -= more
      taken += more
      return
    }
    giveBack()
    chunks = [Buffer.from(Buffer.concat(chunks).subarray(0, HEAD))]
  }
  const { promise: done, resolve, reject } = Promise.withResolvers<void>()
  const finish = () => {
    body.ended = true
    resolve()
  }
  const release = () => {
    giveBack()
    // An answer has been given: what still comes takes no room that nobody would give back, and nobody judges it.
    stream.off('data', take)
    stream.off('end', finish)
    stream.resume()
  }
  stream.on('data', take)
  stream.on('error', reject)
  stream.on('end', finish)
  return { body: body as ReceivedBody, done, release }
}

function findRefusal(size: number, more: number, room: Room): Failure | null {
  if (size > BODY_LIMIT)
    return { code: 413, message: `the body has more than ${BODY_LIMIT} bytes (7 MiB)` }
  if (more > room.left)
    return { code: 503, message: 'too many reviews are being read at once; try again' }
  return null
}
