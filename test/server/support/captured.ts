import { Writable } from 'node:stream'

/** A stream that keeps what is written to it; `onWrite` is called after each piece. */
export function captured(onWrite = () => {}) {
  let text = ''
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      text += String(chunk)
      onWrite()
      done()
    },
  })
  return { stream, text: () => text }
}
